// What every libcurl handle of ours is set to.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <curl/curl.h>

namespace pixlake::io {

// "pixlake/0.1", as servers and robots.txt see us.
inline constexpr char kUserAgent[] = "pixlake/0.1 (image metadata and ingest)";
inline constexpr char kProduct[] = "pixlake";

struct FreeHeaders {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeHeaders>;

struct FreeEasy {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
using EasyHandle = std::unique_ptr<CURL, FreeEasy>;

// Initialises libcurl once; a new handle that speaks http and https alone, takes no signals
// and finds certificates where curl's and OpenSSL's own tools do. Null without memory.
EasyHandle MakeEasyHandle();

// The same settings on a handle that was reset.
void SetDefaults(CURL* curl);

HeaderList MakeHeaders(const std::vector<std::string>& headers);

}  // namespace pixlake::io
