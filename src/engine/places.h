// What a person names, as places of single images.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/session.h"

namespace pixlake::engine {

struct Place {
  std::string where;  // a path or URI
  std::string shown;  // what it is called to a person: "-" for what came by standard input
};

// A file that is deleted with its last owner.
class TemporaryFile {
 public:
  // Holds all that `descriptor` gives, to its end.
  static Result<std::shared_ptr<TemporaryFile>> Of(int descriptor, const std::string& shown);
  // Empty, to be written to.
  static Result<std::shared_ptr<TemporaryFile>> Make();
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }
  int descriptor() const { return descriptor_; }

 private:
  TemporaryFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  const std::string path_;
  const int descriptor_;
};

struct Places {
  std::vector<Place> all;
  std::shared_ptr<TemporaryFile> input;  // must outlive the use of `all`
};

// Folders give the image files below them, by their names' endings, sorted, hidden ones and links to
// folders left out; "-" is standard input; anything else is itself. kNotFound for a folder without any.
Result<Places> ExpandPlaces(const std::vector<std::string>& given);

// A local folder.
bool IsFolder(const std::string& place);

// The name ends as images' names do.
bool IsNamedAsImage(const std::string& name);

}  // namespace pixlake::engine
