#include "io/store.h"

#include <arrow/io/interfaces.h>
#include <arrow/util/key_value_metadata.h>

namespace pixlake::io {
namespace {

constexpr char kVersionKey[] = "pixlake.version";

}  // namespace

std::shared_ptr<const arrow::KeyValueMetadata> VersionMetadata(const std::string& version) {
  if (version.empty()) return nullptr;
  return arrow::key_value_metadata({kVersionKey}, {version});
}

std::string VersionOf(arrow::io::RandomAccessFile* file) {
  const auto metadata = file->ReadMetadata();
  if (!metadata.ok() || *metadata == nullptr) return {};
  return (*metadata)->Get(kVersionKey).ValueOr(std::string());
}

std::string JoinPath(std::string_view folder, std::string_view name) {
  if (name.empty()) return std::string(folder);
  if (name.front() == '/' || name.find("://") != std::string_view::npos || folder.empty())
    return std::string(name);
  std::string joined(folder);
  if (joined.back() != '/') joined.push_back('/');
  return joined.append(name);
}

}  // namespace pixlake::io
