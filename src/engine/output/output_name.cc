#include "engine/output/output_name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include <fmt/format.h>
#include <sys/stat.h>

namespace pixlake::engine {
namespace {

using query::ResultFormat;

constexpr std::array<std::pair<std::string_view, ResultFormat>, 9> kFormats = {
    {{".csv", ResultFormat::kCsv},
     {".json", ResultFormat::kJson},
     {".parquet", ResultFormat::kParquet},
     {".pq", ResultFormat::kParquet},
     {".arrow", ResultFormat::kArrow},
     {".arrows", ResultFormat::kArrow},
     {".ipc", ResultFormat::kArrow},
     {".txt", ResultFormat::kTable},
     {".log", ResultFormat::kTable}}};

// A folder is seldom named so.
constexpr std::array<std::string_view, 26> kFiles = {
    ".parquet", ".pq",  ".csv",  ".tsv", ".json", ".jsonl", ".ndjson", ".arrow", ".feather",
    ".ipc",     ".orc", ".avro", ".zip", ".7z",   ".rar",   ".gz",     ".xz",    ".bz2",
    ".zst",     ".txz", ".tbz2", ".png", ".jpg",  ".jpeg",  ".html",   ".txt"};

std::string EndingOf(std::string_view name) {
  const size_t slash = name.rfind('/');
  std::string_view last = slash == std::string_view::npos ? name : name.substr(slash + 1);
  const size_t dot = last.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return "";
  std::string ending(last.substr(dot));
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending;
}

}  // namespace

bool IsStandardOutput(std::string_view name) {
  return name == "-";
}

Result<ResultFormat> FormatForName(std::string_view name) {
  const std::string ending = EndingOf(name);
  if (ending.empty()) return ResultFormat::kTable;
  for (const auto& [known, format] : kFormats) {
    if (ending == known) return format;
  }
  return Error(
      ErrorCode::kUsage,
      fmt::format("--output {}: which format is `{}`? Name the file .csv, .json, .parquet, .arrow or "
                  ".txt, or say --format",
                  name, ending));
}

Status CheckSheetName(std::string_view name) {
  const std::string ending = EndingOf(name);
  if (IsStandardOutput(name) || ending.empty() || ending == ".png") return Status::OK();
  struct stat info {};
  if (::stat(std::string(name).c_str(), &info) == 0 && !S_ISREG(info.st_mode)) return Status::OK();
  return Error(ErrorCode::kUsage, fmt::format("--output {}: the sheet is a PNG, name it .png", name));
}

Status CheckExportName(std::string_view name) {
  const std::string ending = EndingOf(name);
  if (std::find(kFiles.begin(), kFiles.end(), ending) == kFiles.end()) return Status::OK();
  struct stat info {};
  if (::stat(std::string(name).c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return Status::OK();
  return Error(
      ErrorCode::kUsage,
      fmt::format("{}: images are written into a folder or an archive (.tar, .tar.gz, .tar.zst), not into "
                  "a file of kind {}; for rows as such a file: pixlake sql \"SELECT …\" --output FILE",
                  name, ending));
}

}  // namespace pixlake::engine
