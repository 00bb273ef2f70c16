#include <string_view>

#include "table/partition/partition_folder_internal.h"

namespace pixlake::table {
namespace {

void AppendEscaped(std::string_view text, std::string* path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  static constexpr std::string_view kEscaped = "\"#%'*/:=?\\{[]^\x7f";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || kEscaped.find(c) != std::string_view::npos) {
      path->push_back('%');
      path->push_back(kHex[byte >> 4]);
      path->push_back(kHex[byte & 15]);
    } else {
      path->push_back(c);
    }
  }
}

}  // namespace

std::string PartitionFolder(const std::map<std::string, std::optional<std::string>>& values) {
  std::string path;
  for (const auto& [column, value] : values) {
    AppendEscaped(column, &path);
    path.push_back('=');
    if (value.value_or("").empty()) {
      path += "__HIVE_DEFAULT_PARTITION__";
    } else {
      AppendEscaped(*value, &path);
    }
    path.push_back('/');
  }
  return path;
}

}  // namespace pixlake::table
