// What is to be fetched, one place after another.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "file/list/url_list.h"
#include "ingest/source/source.h"

namespace pixlake::ingest {

struct WantedUrl {
  std::string uri;
  std::string etag;
  std::string problem;  // not empty: a line of a list that is none
};

class WantedUrls {
 public:
  virtual ~WantedUrls() = default;
  // False at the end.
  virtual Result<bool> Next(WantedUrl* wanted) = 0;
};

// The rows of a list, `name` for messages.
Result<std::unique_ptr<WantedUrls>> UrlsOfList(const std::string& list, const std::string& column);

// An object, or all objects below a prefix. kNotFound when there is neither.
Result<std::unique_ptr<WantedUrls>> UrlsOfStore(const std::string& uri);

std::unique_ptr<WantedUrls> OneUrl(std::string url);

// Of what says nothing before it is fetched: taken once is taken.
inline constexpr char kTakenOnce[] = "url";

}  // namespace pixlake::ingest
