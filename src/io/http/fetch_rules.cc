#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>
#include <locale.h>

#include "io/http/fetch_rules_internal.h"
#include "io/http_download.h"
#include "io/object_url.h"

namespace pixlake::io {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

// libcurl takes names to be in the locale's encoding; ours are UTF-8, whatever the user's is.
class LocaleScope {
 public:
  LocaleScope() : before_(::uselocale(Utf8())) {}
  ~LocaleScope() { ::uselocale(before_); }
  LocaleScope(const LocaleScope&) = delete;
  LocaleScope& operator=(const LocaleScope&) = delete;

 private:
  static locale_t Utf8() {
    static const locale_t utf8 = ::newlocale(LC_ALL_MASK, "C.UTF-8", nullptr);
    return utf8;  // null where there is none: uselocale then changes nothing
  }
  const locale_t before_;
};

}  // namespace

Result<std::string> HostOf(std::string* url) {
  const LocaleScope utf8;
  // WHATWG URL, "query percent-encode set"; libcurl would write '+', which is no space to most.
  for (size_t at = url->find(' '); at != std::string::npos; at = url->find(' ', at)) {
    if (at < url->find("://") + 3 || url->find_first_of("/?#", url->find("://") + 3) > at) break;
    url->replace(at, 1, "%20");
  }
  const std::unique_ptr<CURLU, FreeUrl> parts(curl_url());
  const CURLUcode parsed =
      curl_url_set(parts.get(), CURLUPART_URL, url->c_str(), CURLU_URLENCODE | CURLU_ALLOW_SPACE);
  const auto part = [&](CURLUPart which, unsigned flags) {
    char* text = nullptr;
    std::string copy;
    if (curl_url_get(parts.get(), which, &text, flags) == CURLUE_OK && text != nullptr) copy = text;
    curl_free(text);
    return copy;
  };
  const std::string scheme = part(CURLUPART_SCHEME, 0);
  if (parsed != CURLUE_OK || (scheme != "http" && scheme != "https")) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{} is no URL that can be fetched: {}", RedactUrl(*url),
                             parsed != CURLUE_OK ? curl_url_strerror(parsed) : "expected http or https"));
  }
  // RFC 5891: a name of other letters is asked for by its ASCII form.
  const std::string name = part(CURLUPART_HOST, CURLU_PUNYCODE);
  if (name.empty() || curl_url_set(parts.get(), CURLUPART_HOST, name.c_str(), 0) != CURLUE_OK) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{} is no URL that can be fetched: its host is no name of the Internet's",
                             RedactUrl(*url)));
  }
  *url = part(CURLUPART_URL, 0);
  return fmt::format("{}://{}:{}", scheme, part(CURLUPART_HOST, 0), part(CURLUPART_PORT, CURLU_DEFAULT_PORT));
}

std::string_view PathOf(std::string_view url) {
  const size_t host = url.find("://");
  const size_t slash = host == std::string_view::npos ? host : url.find_first_of("/?", host + 3);
  if (slash == std::string_view::npos) return "/";
  return url.substr(slash, url.find('#') - slash);
}

ErrorCode CodeOfStatus(int status) {
  if (status == 404 || status == 410) return ErrorCode::kNotFound;
  if (status == 401 || status == 403 || status == 451) return ErrorCode::kPermission;
  return status >= 400 && status < 500 ? ErrorCode::kUnsupported : ErrorCode::kIo;
}

bool MayPass(int status) {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

}  // namespace pixlake::io
