// From a file's bytes to the values that keys are kept in.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <tuple>

#include <fmt/format.h>

#include "settings/read/key_reader_internal.h"

namespace pixlake::settings {

Result<std::string> ConfigContents(const std::string& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rbe"), std::fclose);
  if (stream == nullptr && errno == ENOENT) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("{} is not there; `pixlake init LAKE` writes LAKE/config/", file));
  }
  if (stream == nullptr) return ErrnoError(errno, "reading settings", file);
  std::string text;
  std::array<char, 65536> block{};
  while (text.size() <= kMostSettingsBytes) {
    const size_t got = std::fread(block.data(), 1, block.size(), stream.get());
    if (got == 0) break;
    text.append(block.data(), got);
  }
  if (std::ferror(stream.get()) != 0) return ErrnoError(errno, "reading settings", file);
  return text;
}

bool ReadByKeys(std::string_view text, const std::vector<Key>& keys, const KeyContext& context,
                void* object) {
  std::vector<YamlProblem> found;
  YamlNode tree = ReadYaml(text, kMostSettingsBytes, &found);
  const bool whole = found.empty() || tree.kind != YamlNode::Kind::kNull;
  if (whole) ExpandEnvironment(&tree, &found);
  for (YamlProblem& one : found) context.problems->push_back({one.place, "", std::move(one.what)});
  if (whole) KeyReader(context).ReadGroup(keys, tree, "", object);
  return whole;
}

void InOrder(std::vector<Problem>* problems) {
  std::stable_sort(problems->begin(), problems->end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  if (problems->size() > 100) problems->resize(100);
}

}  // namespace pixlake::settings
