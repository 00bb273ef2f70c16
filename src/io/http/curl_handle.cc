#include <cstdlib>
#include <mutex>

#include "io/http/curl_handle_internal.h"

namespace pixlake::io {

void SetDefaults(CURL* curl) {
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, kUserAgent);
  // For mirrors and stores inside a company.
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* file = std::getenv(name);
    if (file == nullptr || *file == '\0') continue;
    curl_easy_setopt(curl, CURLOPT_CAINFO, file);
    break;
  }
}

EasyHandle MakeEasyHandle() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  EasyHandle curl(curl_easy_init());
  if (curl != nullptr) SetDefaults(curl.get());
  return curl;
}

HeaderList MakeHeaders(const std::vector<std::string>& headers) {
  curl_slist* list = nullptr;
  for (const std::string& header : headers) {
    curl_slist* longer = curl_slist_append(list, header.c_str());
    if (longer != nullptr) list = longer;
  }
  return HeaderList(list);
}

}  // namespace pixlake::io
