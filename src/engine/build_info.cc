#include "engine/build_info.h"

#include <arrow/config.h>
#include <curl/curl.h>
#include <duckdb.h>
#include <fmt/format.h>
#include <libdeflate.h>
#include <oneapi/tbb/version.h>
#include <openssl/crypto.h>
#include <parquet/parquet_version.h>
#include <spng.h>

namespace pixlake::engine {

std::vector<std::pair<std::string, std::string>> Libraries() {
  return {
      {"compiler", std::string("g++ ") + __VERSION__},
      {"arrow", arrow::GetBuildInfo().version_string},
      {"duckdb", duckdb_library_version()},
      {"libdeflate", LIBDEFLATE_VERSION_STRING},
      {"libspng", spng_version_string()},
      {"onetbb", fmt::format("{}.{}", TBB_VERSION_MAJOR, TBB_VERSION_MINOR)},
      {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
      {"curl", curl_version_info(CURLVERSION_NOW)->version},
  };
}

}  // namespace pixlake::engine
