#include <memory>

#include <fmt/format.h>

#include "base/memory/byte_size.h"
#include "engine/ingest/mnist_to_delta.h"
#include "engine/tables.h"

#include "cli/command.h"
#include "cli/terminal.h"

namespace pixlake::cli {
namespace {

struct MnistOptions {
  CommonOptions common;
  engine::MnistRequest request;
  bool no_tree = false;
  bool no_table = false;
};

void PrintReport(const engine::MnistReport& report) {
  if (!report.schema.empty()) Note("{}\n", engine::FormatSchemaTable(report.schema));
  if (!report.text_sheet.empty()) Note("{}\n", report.text_sheet);
  const double rate = report.seconds > 0 ? static_cast<double>(report.images) / report.seconds : 0;
  Note("{} images, {} as PNG, in {:.2f} s ({:.0f} images/s)\n", report.images,
       FormatByteSize(report.png_bytes), report.seconds, rate);
  if (!report.published) Note("The files are not MNIST's own (other checksums than the published ones)\n");
  if (!report.tree.empty()) Note("PNG files:     {}/<label>/*.png\n", report.tree);
  if (!report.table.empty()) {
    Note("Delta table:   {} (version {}{})\n", report.table, *report.table_version,
         report.already_done ? "; it had these images already, nothing was added" : "");
  }
  if (!report.contact_sheet.empty()) Note("Contact sheet: {}\n", report.contact_sheet);
}

Json ToJson(const engine::MnistReport& report) {
  Json json = {{"status", "ok"},
               {"images", report.images},
               {"png_bytes", report.png_bytes},
               {"seconds", report.seconds},
               {"published_files", report.published},
               {"downloaded_bytes", report.downloaded_bytes}};
  json["labels"] = Json::object();
  for (const auto& [label, count] : report.label_counts) json["labels"][std::to_string(label)] = count;
  json["tree"] = report.tree.empty() ? Json() : Json(report.tree);
  json["table"] = report.table.empty() ? Json() : Json(report.table);
  json["table_version"] = report.table_version ? Json(*report.table_version) : Json();
  json["already_done"] = report.already_done;
  json["contact_sheet"] = report.contact_sheet.empty() ? Json() : Json(report.contact_sheet);
  json["schema"] = Json::array();
  for (const engine::ColumnText& column : report.schema) {
    json["schema"].push_back({{"name", column.name}, {"type", column.type}, {"nullable", column.nullable}});
  }
  return json;
}

Status Run(MnistOptions* options) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options->common));
  engine::MnistRequest& request = options->request;
  request.write_tree = !options->no_tree;
  request.write_table = !options->no_table;
  const auto report =
      engine::RunMnistToDelta(*session, request, PicturesFor(options->common.json), OutputColumns());
  PL_RETURN_NOT_OK(report.status());
  if (options->common.json) {
    PrintJson(ToJson(*report));
  } else {
    PrintReport(*report);
  }
  return Status::OK();
}

}  // namespace

void SetUpMnist(CLI::App* command) {
  const auto options = std::make_shared<MnistOptions>();
  command->description(
      "MNIST to PNG files and a Delta table: writes OUT/flat_files/mnist_png/<label>/*.png and the\n"
      "table OUT/artifacts/mnist_images_delta (image_binary binary, label string).\n"
      "Running it again changes nothing that is there and finishes what is missing.");
  engine::MnistRequest& request = options->request;
  command
      ->add_option("--source", request.source,
                   "Folder with the four IDX files (.gz or not), or the http(s) URL of a mirror\n(default: a "
                   "public mirror; "
                   "environment PIXLAKE_MNIST)")
      ->type_name("DIR|URL")
      ->check(NotEmpty())
      ->envname("PIXLAKE_MNIST");
  command->add_option("--out", request.out, "Folder to write to")->type_name("DIR")->capture_default_str();
  command->add_option("--show", request.show, "Show the first N images: a contact sheet as PNG, and as text")
      ->type_name("N")
      ->check(CLI::Range(0, 10000));
  command->add_option("--cache", request.cache, "Where downloads are kept (default: ~/.cache/pixlake/mnist)")
      ->type_name("DIR");
  command
      ->add_option("--checksums", request.checksums,
                   "What a mirror's files must have: a file as md5sum or sha256sum writes it, or "
                   "'none'\n(default: the published "
                   "checksums)")
      ->type_name("FILE|none");
  command->add_option("--png-level", request.png_level, "Compression, 0 (none) to 12 (smallest)")
      ->check(CLI::Range(0, 12))
      ->capture_default_str();
  command->add_flag("--no-tree", options->no_tree, "Only the table");
  command->add_flag("--no-table", options->no_table, "Only the PNG files");
  AddCommonOptions(command, &options->common);
  OnCommand(command, &options->common, [options] { return Run(options.get()); });
}

void AddMnistCommand(CLI::App* program) {
  SetUpMnist(program->add_subcommand("mnist-to-delta", ""));
}

}  // namespace pixlake::cli
