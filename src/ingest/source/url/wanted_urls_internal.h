// What is to be fetched, one place after another.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "file/list/url_list.h"
#include "ingest/source/source.h"

namespace pixlake::ingest {

struct WantedUrl {
  std::string uri;
  std::string etag;
  std::string problem;  // not empty: a line of a list that is none
  std::optional<std::string> label = {};
  std::string attributes = {};  // a JSON object; empty: none
};

class WantedUrls {
 public:
  virtual ~WantedUrls() = default;
  // False at the end.
  virtual Result<bool> Next(WantedUrl* wanted) = 0;
};

// The rows of a list by `url_column`, `label_column` and `quoting` of the options; what the
// columns besides that of the places have is each place's attributes.
Result<std::unique_ptr<WantedUrls>> UrlsOfList(const std::string& list, const SourceOptions& options);

// An object, or all objects below a prefix. kNotFound when there is neither.
Result<std::unique_ptr<WantedUrls>> UrlsOfStore(const std::string& uri);

std::unique_ptr<WantedUrls> OneUrl(std::string url);

// Of what says nothing before it is fetched: taken once is taken.
inline constexpr char kTakenOnce[] = "url";

}  // namespace pixlake::ingest
