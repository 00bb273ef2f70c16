#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/profile/profile.h"

#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/text/text_table.h"

namespace pixlake::cli {
namespace {

// What a line of 80 has room for.
constexpr int kNameWidth = 16, kTypeWidth = 9, kValueWidth = 10;

struct ProfileCommandOptions {
  CommonOptions common;
  engine::ProfileRequest request;
};

// Values are somebody else's: nothing in them moves a terminal's cursor. At most `width` characters.
std::string Fitting(const std::string& text, int width) {
  std::string out;
  int at = 0;
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    length = std::min(length, text.size() - i);
    if (at == width) {
      while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0) == 0x80) out.pop_back();
      if (!out.empty()) out.pop_back();
      return out + "…";
    }
    const bool is_control = first < 0x20 || first == 0x7F ||
                            (first == 0xC2 && length > 1 && static_cast<unsigned char>(text[i + 1]) < 0xA0);
    out += is_control ? "?" : text.substr(i, length);
    i += length;
    ++at;
  }
  return out;
}

std::string Short(double value) {
  return fmt::format("{:.4g}", value);
}

std::string ShortOrNone(const std::optional<double>& value) {
  return value ? Short(*value) : "";
}

std::string Percent(double share) {
  if (share == 0) return "0%";
  return share < 0.001 ? "<.1%" : share > 0.999 && share < 1 ? ">99%" : fmt::format("{:.3g}%", share * 100);
}

// A bar a bin, as high as its share of the fullest.
std::string Bars(const engine::Histogram& histogram) {
  static const char* const kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const int64_t most =
      std::max<int64_t>(1, *std::max_element(histogram.counts.begin(), histogram.counts.end()));
  std::string out;
  for (const int64_t count : histogram.counts) {
    const double share = static_cast<double>(count) / static_cast<double>(most);
    out += count == 0 ? " " : kBars[std::min<size_t>(7, static_cast<size_t>(share * 8))];
  }
  return out;
}

std::string NumberText(const std::string& text) {
  return static_cast<int>(text.size()) <= kValueWidth ? text : Short(std::stod(text));
}

std::string DistinctText(const engine::ColumnProfile& column) {
  if (!column.distinct) return "";
  return (column.distinct_exact ? "" : "~") + std::to_string(*column.distinct);
}

void PrintColumns(const engine::Profile& profile) {
  std::vector<std::vector<std::string>> rows;
  for (const engine::ColumnProfile& column : profile.columns) {
    const bool is_number = column.kind == engine::ColumnKind::kNumber;
    const auto bound = [&](const std::string& text) {
      return is_number && !text.empty() ? NumberText(text) : Fitting(text, kValueWidth);
    };
    rows.push_back({Fitting(column.name, kNameWidth), Fitting(column.type, kTypeWidth),
                    !column.nulls ? "?"
                                  : Percent(profile.rows == 0 ? 0
                                                              : static_cast<double>(*column.nulls) /
                                                                    static_cast<double>(profile.rows)),
                    DistinctText(column), bound(column.min), bound(column.max),
                    column.histogram ? Bars(*column.histogram) : ""});
  }
  fmt::print(
      "{}",
      TextTable({{"COLUMN"}, {"TYPE"}, {"NULL", true}, {"DISTINCT", true}, {"MIN"}, {"MAX"}, {"10 BINS"}},
                rows, 0));
}

void PrintNumbers(const engine::Profile& profile) {
  std::vector<std::vector<std::string>> rows;
  for (const engine::ColumnProfile& column : profile.columns) {
    if (column.quantiles.empty()) continue;
    rows.push_back({Fitting(column.name, kNameWidth), ShortOrNone(column.mean), ShortOrNone(column.std),
                    Short(column.quantiles[0]), Short(column.quantiles[2]), Short(column.quantiles[4]),
                    column.not_finite == 0 ? "" : std::to_string(column.not_finite)});
  }
  if (rows.empty()) return;
  fmt::print("\n{}", TextTable({{"NUMBERS"},
                                {"MEAN", true},
                                {"STD", true},
                                {"~5%", true},
                                {"~50%", true},
                                {"~95%", true},
                                {"NaN, INF", true}},
                               rows, 0));
}

std::string ValueList(const std::vector<engine::ValueCount>& values, size_t most) {
  std::string out;
  for (size_t i = 0; i < std::min(values.size(), most); ++i)
    out += fmt::format("{}{} {}", i == 0 ? "" : ", ", Fitting(values[i].value, 24), values[i].rows);
  return out;
}

void PrintTexts(const engine::Profile& profile) {
  std::vector<std::vector<std::string>> rows;
  for (const engine::ColumnProfile& column : profile.columns) {
    const std::string lengths =
        column.min_length ? fmt::format("{} to {}", *column.min_length, *column.max_length) : "";
    std::string values = column.top.empty() || column.top.front().rows == 1 ? "" : ValueList(column.top, 5);
    if (!column.note.empty()) values += (values.empty() ? "" : "; ") + column.note;
    if (lengths.empty() && values.empty()) continue;
    rows.push_back({Fitting(column.name, kNameWidth), lengths, values});
  }
  if (rows.empty()) return;
  fmt::print("\n{}", TextTable({{"TEXTS, BLOBS"}, {"LENGTH"}, {"COMMONEST VALUES"}}, rows, OutputColumns()));
}

void PrintDrift(const engine::Profile& profile) {
  if (!profile.against) return;
  fmt::print("\nAgainst version {}, which has {} rows:\n", *profile.against, profile.rows_then);
  std::vector<std::vector<std::string>> rows;
  for (const engine::ColumnProfile& column : profile.columns) {
    if (!column.drift) continue;
    const engine::Drift& drift = *column.drift;
    std::string notes = drift.note;
    if (drift.new_values && *drift.new_values > 0)
      notes += fmt::format("{} new: {}", *drift.new_values, ValueList(drift.new_examples, 3));
    if (drift.vanished_values && *drift.vanished_values > 0) {
      notes += fmt::format("{}{} gone: {}", notes.empty() ? "" : "; ", *drift.vanished_values,
                           ValueList(drift.vanished_examples, 3));
    }
    rows.push_back({Fitting(column.name, kNameWidth), Percent(drift.null_share_then), ShortOrNone(drift.psi),
                    ShortOrNone(drift.ks), ShortOrNone(drift.ks_p_value), notes});
  }
  fmt::print(
      "{}", TextTable({{"COLUMN"}, {"NULL THEN", true}, {"PSI", true}, {"KS", true}, {"P", true}, {"VALUES"}},
                      rows, OutputColumns()));
  for (const std::string& name : profile.new_columns) fmt::print("new column: {}\n", Fitting(name, 60));
  for (const std::string& name : profile.vanished_columns) fmt::print("column gone: {}\n", Fitting(name, 60));
}

Json ValuesJson(const std::vector<engine::ValueCount>& values) {
  Json out = Json::array();
  for (const engine::ValueCount& one : values) out.push_back({{"value", one.value}, {"rows", one.rows}});
  return out;
}

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json DriftJson(const engine::Drift& drift) {
  Json out = {{"null_share_then", drift.null_share_then}, {"psi", OrNull(drift.psi)}};
  if (!drift.now.empty()) {
    out["bins"] = {{"edges", drift.edges}, {"now", drift.now}, {"then", drift.then}};
    out["ks"] = OrNull(drift.ks);
    out["ks_p_value"] = OrNull(drift.ks_p_value);
  }
  if (drift.new_values) {
    out["new_values"] = *drift.new_values;
    out["vanished_values"] = OrNull(drift.vanished_values);
    out["new_examples"] = ValuesJson(drift.new_examples);
    out["vanished_examples"] = ValuesJson(drift.vanished_examples);
  }
  if (!drift.note.empty()) out["note"] = drift.note;
  return out;
}

Json ColumnJson(const engine::ColumnProfile& column, int64_t rows) {
  Json out = {{"name", column.name}, {"type", column.type}, {"kind", engine::ColumnKindName(column.kind)}};
  out["nulls"] = OrNull(column.nulls);
  out["null_share"] = !column.nulls || rows == 0
                          ? Json()
                          : Json(static_cast<double>(*column.nulls) / static_cast<double>(rows));
  if (column.distinct) {
    out["distinct"] = *column.distinct;
    out["distinct_exact"] = column.distinct_exact;
  }
  if (!column.min.empty() || !column.max.empty()) {
    out["min"] = column.min;
    out["max"] = column.max;
  }
  if (column.kind == engine::ColumnKind::kNumber) {
    out["not_finite"] = column.not_finite;
    out["mean"] = OrNull(column.mean);
    out["std"] = OrNull(column.std);
    if (!column.quantiles.empty()) {
      const auto& q = column.quantiles;
      out["approximate_quantiles"] = {
          {"0.05", q[0]}, {"0.25", q[1]}, {"0.5", q[2]}, {"0.75", q[3]}, {"0.95", q[4]}};
    }
  }
  if (column.histogram)
    out["histogram"] = {{"edges", column.histogram->edges}, {"counts", column.histogram->counts}};
  if (!column.top.empty()) out["top"] = ValuesJson(column.top);
  if (column.min_length) {
    out["min_length"] = *column.min_length;
    out["max_length"] = OrNull(column.max_length);
    out["mean_length"] = OrNull(column.mean_length);
  }
  if (!column.note.empty()) out["note"] = column.note;
  if (column.drift) out["drift"] = DriftJson(*column.drift);
  return out;
}

Json ProfileJson(const engine::Profile& profile) {
  Json out = {{"status", "ok"}, {"table", profile.table}, {"version", OrNull(profile.version)}};
  out["rows"] = profile.rows;
  if (profile.against) {
    out["against"] = {{"version", *profile.against},
                      {"rows", profile.rows_then},
                      {"new_columns", profile.new_columns},
                      {"vanished_columns", profile.vanished_columns}};
  }
  out["columns"] = Json::array();
  for (const engine::ColumnProfile& column : profile.columns)
    out["columns"].push_back(ColumnJson(column, profile.rows));
  return out;
}

Status RunProfile(const ProfileCommandOptions& options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options.common));
  PL_ASSIGN_OR_RETURN(const engine::Profile profile, engine::ProfileOf(*session, options.request));
  if (options.common.json) {
    PrintJson(ProfileJson(profile));
    return Status::OK();
  }
  fmt::print("{}{}: {} rows, {} columns\n\n", Fitting(profile.table, 60),
             profile.version ? fmt::format(", version {}", *profile.version) : "", profile.rows,
             profile.columns.size());
  PrintColumns(profile);
  PrintNumbers(profile);
  PrintTexts(profile);
  PrintDrift(profile);
  return Status::OK();
}

}  // namespace

void AddProfileCommand(CLI::App* program) {
  const auto options = std::make_shared<ProfileCommandOptions>();
  CLI::App* command = program->add_subcommand(
      "profile",
      "What the columns of a table are like: nulls, distinct values, bounds, means, quantiles, histograms,\n"
      "the commonest texts; and how they differ from an earlier version's. Blobs are not read.");
  command
      ->add_option("TABLE", options->request.table, "A table's path or name, or a Parquet, CSV or JSON file")
      ->required()
      ->check(NotEmpty());
  command->add_option("--version", options->request.version, "The table as it was at this version")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--against", options->request.against,
                   "Compare with this earlier version: PSI and Kolmogorov-Smirnov of numbers, PSI and new\n"
                   "and vanished values of texts")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  AddLakeOption(command, &options->common);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return RunProfile(*options); });
}

}  // namespace pixlake::cli
