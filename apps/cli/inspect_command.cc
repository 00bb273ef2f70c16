#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/inspect.h"

#include "cli/command.h"
#include "cli/fetch_options.h"

namespace pixlake::cli {
namespace {

struct InspectOptions {
  CommonOptions common;
  std::vector<std::string> files;
  sandbox::ExamineOptions examine;
  fetch::ContentStreamOptions fetch;
};

// What a terminal must not be told by a file: escape sequences.
std::string Shown(std::string_view text) {
  std::string shown;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1) ++i;
    shown.push_back(c1 || c < 0x20 || c == 0x7F ? ' ' : text[i]);
  }
  return shown;
}

bool IsRational(const Json& value) {
  return value.is_object() && value.contains("numerator");
}

// "71/10 = 7.1"; of one that was written as a float the number alone.
std::string Rational(const Json& value, bool alone) {
  if (value["numerator"].is_null()) return value["value"].dump();
  std::string text = fmt::format("{}/{}", value["numerator"].dump(), value["denominator"].dump());
  if (alone && !value["value"].is_null()) text += fmt::format(" = {:.6g}", value["value"].get<double>());
  return text;
}

bool IsCode(const Json& value) {
  return value.is_object() && value.size() == 2 && value.contains("value") && value.contains("text");
}

// One line for a person; long lists and texts are cut.
std::string Text(const Json& value) {
  constexpr size_t kMostShown = 12, kMostText = 160;
  if (value.is_null()) return "–";
  if (value.is_string()) {
    std::string text = Shown(value.get<std::string>());
    if (text.size() <= kMostText) return text;
    size_t cut = kMostText;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
    return text.substr(0, cut) + "…";
  }
  if (IsRational(value)) return Rational(value, true);
  if (IsCode(value) && value["text"].is_null()) return Text(value["value"]);
  if (IsCode(value)) return fmt::format("{} ({})", Text(value["text"]), Text(value["value"]));
  if (value.is_object()) {
    std::string text;
    for (const auto& [key, part] : value.items()) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key, Text(part));
    }
    return text;
  }
  if (!value.is_array()) return value.dump();
  std::string text;
  for (size_t i = 0; i < value.size() && i < kMostShown; ++i) {
    if (i != 0) text += ", ";
    text += IsRational(value[i]) ? Rational(value[i], false) : Text(value[i]);
  }
  if (value.size() > kMostShown) text += fmt::format(", … ({} in all)", value.size());
  return text;
}

void PrintSection(std::string_view title, const Json& members) {
  if (members.is_null() || members.empty()) return;
  fmt::print("\n  {}\n", Shown(title));
  size_t width = 0;
  for (const auto& [key, value] : members.items()) width = std::max(width, std::min<size_t>(key.size(), 40));
  for (const auto& [key, value] : members.items()) {
    fmt::print("    {:<{}}  {}\n", Shown(key), width, Text(value));
  }
}

void PrintForPerson(const Json& image) {
  fmt::print("{}\n", Shown(image["path"].get<std::string>()));
  Json head = Json::object();
  for (const char* key : {"format", "mode", "width", "height", "channels", "bit_depth", "size", "verdict",
                          "message", "offset"}) {
    if (image.contains(key) && !image[key].is_null()) head[key] = image[key];
  }
  PrintSection("Image", head);
  if (!image.contains("exif")) return;
  for (const auto& [directory, entries] : image["exif"].items()) PrintSection("EXIF " + directory, entries);
  PrintSection("GPS", image["gps"]);
  PrintSection("XMP", image["xmp"]);
  PrintSection("IPTC", image["iptc"]);
  PrintSection("ICC profile", image["icc"]);
  PrintSection("Text", image["text"]);
  if (image["notes"].empty()) return;
  fmt::print("\n  Notes\n");
  for (const Json& note : image["notes"]) {
    const std::string field = note.value("field", ""), message = note.value("message", "");
    fmt::print("    {}{}{}\n", note["code"].get<std::string>(), field.empty() ? "" : " " + Shown(field),
               message.empty() ? "" : ": " + Shown(message));
  }
}

Status Run(const InspectOptions& options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options.common));
  sandbox::ExamineOptions examine = options.examine;
  examine.describe = true;
  PL_ASSIGN_OR_RETURN(const auto judge, session->MakeJudge(examine));
  // One image after another: a single decoder may have most of the memory.
  const int64_t memory = session->memory_bytes();
  sandbox::Examiner examiner({memory / 4 * 3, 1});
  kernel::Context context;
  context.stop = CurrentStopToken();
  context.examiner = &examiner;
  std::optional<Status> unreadable;
  Json images = Json::array();
  bool first = true;
  fetch::ContentStreamOptions fetch = options.fetch;
  fetch.remote.memory_bytes = std::min(fetch.remote.memory_bytes, memory / 8);
  fetch.batch_bytes = std::min(fetch.batch_bytes, memory / 16);
  PL_ASSIGN_OR_RETURN(const engine::Places places, engine::ExpandPlaces(options.files));
  const auto print = [&](const engine::Inspection& inspection) {
    if (!inspection.read.ok() && !unreadable) unreadable = inspection.read;
    if (!inspection.read.ok() && !options.common.json) {
      fmt::print(stderr, "pixlake: error: {}\n", inspection.read.message());
      return Status::OK();
    }
    if (inspection.read.ok() && !inspection.sound) ExitWith(kSomeQuarantined);
    Json image = Json::parse(inspection.json);
    if (options.common.json) {
      images.push_back(std::move(image));
    } else {
      if (!first) fmt::print("\n");
      PrintForPerson(image);
    }
    first = false;
    return Status::OK();
  };
  PL_RETURN_NOT_OK(engine::Inspect(places.all, *judge, context, fetch, print));
  const bool failed = unreadable.has_value();
  if (options.common.json) {
    Json object = {{"status", failed ? "error" : "ok"}};
    if (failed) {
      object["error"] = {{"code", CodeName(CodeOf(*unreadable))}, {"message", unreadable->message()}};
    }
    object["images"] = std::move(images);
    PrintJson(object);
    return failed ? Reported(*unreadable) : Status::OK();
  }
  if (failed) ExitWith(kFailed);  // said where it stood
  return Status::OK();
}

}  // namespace

void AddInspectCommand(CLI::App* program) {
  const auto options = std::make_shared<InspectOptions>();
  CLI::App* command = program->add_subcommand(
      "inspect",
      "Everything images say of themselves, in local files and folders or at a URL: header, EXIF, GPS, XMP, "
      "IPTC, profile, "
      "verdict.\n"
      "No pixel is decoded unless --check full asks for it. Exit status 3 when a file's verdict is not "
      "\"ok\".");
  command
      ->add_option(
          "FILE", options->files,
          "Image files, folders of such, URLs (http, https, data, s3, gs, hdfs); '-' is standard input")
      ->required();
  AddExamineOptions(command, &options->examine);
  AddFetchOptions(command, &options->fetch.remote);
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(*options); });
}

}  // namespace pixlake::cli
