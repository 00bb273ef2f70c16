// Where the four MNIST files come from: a local folder, or a mirror through a cache.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/location.h"

namespace pixlake::ingest {

// The mirror used when none is named.
inline constexpr char kDefaultMnistMirror[] = "https://storage.googleapis.com/cvdf-datasets/mnist";

struct MnistSourceOptions {
  // A folder, or an http(s):// URL of a mirror. Empty: the default mirror.
  std::string source;
  // Downloads are kept here. Empty: $XDG_CACHE_HOME/pixlake/mnist, ~/.cache/pixlake/mnist.
  std::string cache;
  // "": what MNIST's publishers gave; "none": not checked; else a file of lines
  // "<md5 or sha256 hex>  <name>" as md5sum and sha256sum write them.
  std::string checksums;
  std::function<void(const std::string& name)> on_download;  // about to fetch `name`
  std::function<void(int64_t bytes)> on_bytes;
};

// One half of the data set.
struct MnistPart {
  std::string name;  // "train" or "test"
  io::Location images;
  io::Location labels;
};

struct MnistFiles {
  std::array<MnistPart, 2> parts;
  // SHA-256 over the four files' own SHA-256, in order: the same files, the same id.
  std::string id;
  bool published = false;  // all four have the published checksums
  int64_t downloaded_bytes = 0;
};

// Finds the files ("train-images-idx3-ubyte" and so on, ".gz" or not, '.' for the
// last '-' before "idx" too). A folder's files are taken as they are. A mirror's are
// downloaded into the cache unless they are there, continued where an earlier run
// stopped, and checked: on kChecksum the bad file is removed from the cache.
// kNotFound names every file that is missing.
Result<MnistFiles> FindMnist(const MnistSourceOptions& options);

}  // namespace pixlake::ingest
