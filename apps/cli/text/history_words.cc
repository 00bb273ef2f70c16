#include "cli/text/history_words.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace pixlake::cli {
namespace {

using Values = std::map<std::string, std::string>;

// The first of the names that is there; "" for none.
std::string Value(const Values& values, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto found = values.find(name);
    if (found != values.end()) return found->second;
  }
  return "";
}

// "8 rows", "1 row", "rows" where it is not known how many.
std::string Count(const std::string& number, const std::string& what) {
  if (number.empty()) return what + "s";
  return number + " " + what + (number == "1" ? "" : "s");
}

// The condition as it was written: writers put it into a list as JSON, and parentheses around it.
std::string Where(const Values& parameters) {
  std::string text = Value(parameters, {"predicate", "condition"});
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_array()) {
    text.clear();
    for (const auto& part : json) {
      if (part.is_string()) text += (text.empty() ? "" : " AND ") + part.get<std::string>();
    }
  } else if (json.is_string()) {
    text = json.get<std::string>();
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.empty() || text == "true" || text == "[]") return "";
  return " where " + text;
}

std::string Merged(const Values& metrics, const Values& parameters) {
  std::string text;
  const auto add = [&](const char* metric, const char* what) {
    const std::string number = Value(metrics, {metric});
    if (!number.empty() && number != "0")
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what, Count(number, "row"));
  };
  add("numTargetRowsInserted", "inserted");
  add("numTargetRowsUpdated", "updated");
  add("numTargetRowsDeleted", "deleted");
  std::string on = Where(parameters);
  if (!on.empty()) on = ", matched where" + on.substr(6);
  return "merged: " + (text.empty() ? "nothing changed" : text) + on;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

std::string HistoryWords(const table::HistoryEntry& entry) {
  const Values& metrics = entry.metrics;
  const Values& parameters = entry.parameters;
  const std::string& operation = entry.operation;
  const std::string mode = Lower(Value(parameters, {"mode"}));
  const std::string rows = Count(Value(metrics, {"numOutputRows", "num_added_rows"}), "row");
  const std::string files = Count(Value(metrics, {"numFiles", "numAddedFiles", "num_added_files"}), "file");
  if (operation == "WRITE" || operation == "STREAMING UPDATE") {
    if (mode.find("overwrite") != std::string::npos)
      return fmt::format("replaced the rows{} by {}", Where(parameters), rows);
    return fmt::format("added {} in {}", rows, files);
  }
  if (operation.find("CREATE") == 0 || operation.find("REPLACE") == 0) {
    const bool filled = operation.find("SELECT") != std::string::npos;
    return (operation.find("REPLACE") == std::string::npos ? "created" : "replaced") +
           (filled ? " with " + rows : std::string());
  }
  if (operation == "DELETE" || operation == "TRUNCATE") {
    const std::string deleted = Value(metrics, {"numDeletedRows", "num_deleted_rows"});
    const std::string where = Where(parameters);
    if (deleted.empty() && where.empty()) return "deleted all rows";
    return fmt::format("deleted {}{}", Count(deleted, "row"), where);
  }
  if (operation == "UPDATE") {
    return fmt::format("updated {}{}", Count(Value(metrics, {"numUpdatedRows", "num_updated_rows"}), "row"),
                       Where(parameters));
  }
  if (operation == "MERGE") return Merged(metrics, parameters);
  if (operation == "OPTIMIZE") {
    const std::string by = Value(parameters, {"zOrderBy"});
    return fmt::format("made {} of {}{}", Count(Value(metrics, {"numAddedFiles"}), "file"),
                       Count(Value(metrics, {"numRemovedFiles"}), "file"),
                       by.empty() || by == "[]" ? "" : ", near each other by " + by);
  }
  if (operation == "RESTORE") return "made what version " + Value(parameters, {"version"}) + " was";
  if (operation == "VACUUM END" || operation == "VACUUM")
    return fmt::format("deleted {} that no kept version needs",
                       Count(Value(metrics, {"numDeletedFiles"}), "old file"));
  if (operation == "SET TBLPROPERTIES") return "set " + Value(parameters, {"properties"});
  if (operation == "UNSET TBLPROPERTIES") return "unset " + Value(parameters, {"properties"});
  // Rarer ones by their own name, with what they were given.
  std::string text = Lower(operation);
  for (const auto& [key, value] : parameters) {
    if (!value.empty() && value != "[]" && value != "{}") text += fmt::format(", {} {}", key, value);
  }
  return text;
}

}  // namespace pixlake::cli
