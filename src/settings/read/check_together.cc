// What is wrong between keys, or with the places they name.
#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include <fmt/format.h>

#include "base/near.h"

#include "settings/read/key_reader_internal.h"

namespace pixlake::settings {
namespace {

constexpr size_t kMostNamesLookedAt = 10'000;

class TogetherCheck {
 public:
  TogetherCheck(const Settings& settings, std::vector<Problem>* problems)
      : settings_(settings), problems_(problems) {}

  void Checks() {
    std::map<std::string, std::string> names;
    for (size_t i = 0; i < settings_.checks.size(); ++i) {
      const Check& check = settings_.checks[i];
      const std::string key = fmt::format("checks[{}]", i);
      Once(check.name, key + ".name", check.place, &names);
      if (check.table != "images" && check.table.find('.') == std::string::npos) {
        Tell(key + ".table", check.place,
             fmt::format("found {}; expected images or a table as zone.name",
                         Shown(key + ".table", check.table)));
      }
      SeverityApplies(check, key);
      Ordered(check, key, "min_rows", "max_rows");
      Ordered(check, key, "min_width", "max_width");
      Ordered(check, key, "min_height", "max_height");
      Ordered(check, key, "min_pixels", "max_pixels");
      Ordered(check, key, "min", "max");
      Ordered(check, key, "min_brightness", "max_brightness");
      Ordered(check, key, "min_share", "max_share");
    }
  }

  void Steps() {
    std::map<std::string, std::string> names, outputs;
    for (size_t i = 0; i < settings_.steps.size(); ++i) {
      const Step& step = settings_.steps[i];
      const std::string key = fmt::format("steps[{}]", i);
      Once(step.name, key + ".name", step.place, &names);
      if (!step.kernel.empty() && !step.sql.empty())
        Tell(key + ".sql", step.place, "a step has a kernel or SQL; expected one of the two");
      if (step.own()) {
        if (step.inputs.empty() && !Given(key + ".inputs"))
          Tell(key + ".inputs", step.place,
               "missing; expected the tables that the step reads, such as [raw.metadata]");
        if (step.output.empty() && !Given(key + ".output"))
          Tell(key + ".output", step.place, "missing; expected the table that the step fills, as zone.name");
        Once(step.output, key + ".output", step.place, &outputs);
        if (std::find(step.inputs.begin(), step.inputs.end(), step.output) != step.inputs.end())
          Tell(key + ".output", step.place,
               fmt::format("{} is one of the step's inputs, too", Shown(key + ".output", step.output)));
        if (!step.sql.empty() && !step.parameters.empty())
          Tell(key + ".parameters", step.place, "SQL has none; expected them with a kernel");
      } else if (Given(key + ".kernel") || Given(key + ".sql")) {
        continue;  // what is wrong with it was told
      } else if (!step.inputs.empty() || !step.output.empty() || !step.key.empty()) {
        Tell(key, step.place, "neither kernel nor SQL; expected one of the two");
      }
    }
  }

  void Sources() {
    for (size_t i = 0; i < settings_.sources.size(); ++i) {
      const Source& source = settings_.sources[i];
      const std::string key = fmt::format("sources[{}]", i);
      if (source.label != "none" && source.label != "folder" && source.url_column.empty()) {
        const std::vector<std::string> names = {"none", "folder"};
        Tell(key + ".label", source.place,
             fmt::format(
                 "found {}; expected none, folder, or with url_column a column of the list{}",
                 Shown(key + ".label", source.label),
                 settings_.from_environment.contains(key + ".label") ? "" : Near(source.label, names)));
      }
    }
  }

  void Schedules() {
    std::map<std::string, std::string> names;
    for (size_t i = 0; i < settings_.schedules.size(); ++i) {
      const Schedule& schedule = settings_.schedules[i];
      const std::string key = fmt::format("schedules[{}]", i);
      Once(schedule.name, key + ".name", schedule.place, &names);
      const bool neither = !Given(key + ".every") && !Given(key + ".at");
      if (neither || (schedule.every_ms != 0 && !schedule.at.empty())) {
        Tell(key, schedule.place,
             neither ? "neither every nor at; expected one of the two"
                     : "both every and at; expected one of the two");
      }
    }
  }

  void Paths() {
    for (size_t i = 0; i < settings_.sources.size(); ++i) {
      const Source& source = settings_.sources[i];
      const bool pattern = source.path.find_first_of("*?[") != std::string::npos;
      if (!source.enabled || source.path.empty() || IsUri(source.path) || source.path.starts_with("data:") ||
          pattern)
        continue;
      std::error_code error;
      if (std::filesystem::exists(source.path, error)) continue;
      const std::string key = fmt::format("sources[{}].path", i);
      const bool hidden = settings_.from_environment.contains(key);
      const std::string why = error ? error.message() : "it is not there";
      Tell(key, source.place,
           fmt::format("{}: {}{}", hidden ? "***" : source.path, why, hidden ? "" : NearPath(source.path)));
    }
  }

 private:
  // What a severity does must be something that can be done.
  void SeverityApplies(const Check& check, const std::string& key) {
    const bool of_rows = check.kind != "unique" && check.kind != "freshness" && check.kind != "volume";
    const bool takes_rows = check.severity == Severity::kDrop || check.severity == Severity::kQuarantine;
    if (!of_rows && takes_rows) {
      Tell(key + ".severity", check.place,
           fmt::format(
               "`{}` is of rows, and a check of kind `{}` asks of all of them at once: none is to blame "
               "alone; expected warn or stop",
               SeverityName(check.severity), check.kind));
    }
    if (check.table == "images") return;
    if (of_rows && check.severity == Severity::kQuarantine) {
      Tell(key + ".severity", check.place,
           "images are put in quarantine, not rows of other tables; expected warn, drop or stop");
    }
    if (check.kind == "duplicate")
      Tell(key + ".table", check.place,
           "`duplicate` is asked of images; expected the kind `unique` for a column of another table");
  }

  bool Given(const std::string& key) const { return settings_.places.contains(key); }

  std::string Shown(const std::string& key, const std::string& value) const {
    return settings_.from_environment.contains(key) ? "***" : fmt::format("'{}'", value.substr(0, 80));
  }

  void Tell(const std::string& key, Place otherwise, std::string what) {
    const auto found = settings_.places.find(key);
    problems_->push_back({found == settings_.places.end() ? otherwise : found->second, key, std::move(what)});
  }

  void Once(const std::string& name, const std::string& key, Place place,
            std::map<std::string, std::string>* names) {
    if (name.empty()) return;
    const auto [before, fresh] = names->emplace(name, key);
    if (!fresh)
      Tell(key, place, fmt::format("{} is {}'s, too; expected another", Shown(key, name), before->second));
  }

  void Ordered(const Check& check, const std::string& key, const char* least, const char* most) {
    const auto low = check.parameters.find(least), high = check.parameters.find(most);
    if (low == check.parameters.end() || high == check.parameters.end()) return;
    const auto number = [](const Value& value) {
      const auto* integer = std::get_if<int64_t>(&value);
      return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(value);
    };
    if (number(low->second) > number(high->second))
      Tell(fmt::format("{}.{}", key, least), check.place,
           fmt::format("more than {}; nothing would fit", most));
  }

  static std::string Near(const std::string& given, const std::vector<std::string>& names) {
    const std::string near = DidYouMean(given, names);
    return near.starts_with("; there are") ? "" : near;
  }

  // What lies where the first part of the path that is missing should be.
  static std::string NearPath(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code error;
    fs::path there = path;
    fs::path missing;
    while (there.has_relative_path() && !fs::exists(there, error)) {
      missing = there.filename();
      there = there.parent_path();
    }
    std::vector<std::string> names;
    for (fs::directory_iterator entry(there, error), end;
         !error && entry != end && names.size() < kMostNamesLookedAt; entry.increment(error))
      names.push_back(entry->path().filename().string());
    return Near(missing.string(), names);
  }

  const Settings& settings_;
  std::vector<Problem>* problems_;
};

}  // namespace

void CheckTogether(const Settings& settings, std::vector<Problem>* problems) {
  TogetherCheck check(settings, problems);
  check.Sources();
  check.Checks();
  check.Steps();
  check.Schedules();
}

void CheckPaths(const Settings& settings, std::vector<Problem>* problems) {
  TogetherCheck(settings, problems).Paths();
}

}  // namespace pixlake::settings
