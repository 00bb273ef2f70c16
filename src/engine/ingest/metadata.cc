#include "engine/ingest/metadata.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/write_fully.h"
#include "catalog/lake.h"
#include "engine/places.h"
#include "fetch/reference.h"

namespace pixlake::engine {
namespace {

bool IsDatabase(const std::string& uri) {
  const std::string scheme = uri.substr(0, uri.find(':'));
  return scheme == "sqlite" || scheme == "postgresql" || scheme == "postgres";
}

// Where failures go when nobody said: beside the successes.
Result<std::string> FailuresBeside(const Session& session, const std::string& success) {
  if (success == "raw.metadata") {
    PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
    return lake.Internal("metadata-failures");
  }
  if (!IsDatabase(success)) {
    std::string folder = success;
    while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
    return folder + "-failed";
  }
  const size_t table = success.find("table=");
  if (table == std::string::npos) return success;  // another table, by its default name
  std::string failures = success;
  return failures.insert(std::min(failures.find('&', table), failures.size()), "_failures");
}

// A folder's images, one image or URL, or what comes by standard input, as a list.
struct MadeList {
  std::shared_ptr<TemporaryFile> file;  // null: what was given is a list
  Places places;
};

Result<MadeList> MakeList(const std::string& given, ingest::DescribeOptions* options) {
  MadeList made;
  if (given == "-") {
    PL_ASSIGN_OR_RETURN(made.file, TemporaryFile::Of(STDIN_FILENO, "standard input"));
    return made;
  }
  const bool remote_image = fetch::IsRemote(given) && IsNamedAsImage(given.substr(0, given.find('?')));
  if (!IsFolder(given) && !IsNamedAsImage(given) && !remote_image) return made;
  PL_ASSIGN_OR_RETURN(made.places, ExpandPlaces({given}));
  PL_ASSIGN_OR_RETURN(made.file, TemporaryFile::Make());
  std::string text = "url\n";
  for (const Place& place : made.places.all) {
    text += '"';
    for (const char c : place.where) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    text += "\"\n";
  }
  PL_RETURN_NOT_OK(WriteFully(made.file->descriptor(), text.data(), text.size(), made.file->path()));
  options->column = "url";
  options->delimiter = ',';
  options->quoting = file::Quoting::kCsv;
  return made;
}

Result<ingest::DescribeReport> DescribeListOr(const MetadataRequest& request, const std::string& failure,
                                              ingest::DescribeOptions options) {
  PL_ASSIGN_OR_RETURN(const MadeList made, MakeList(request.list, &options));
  return ingest::DescribeList(made.file == nullptr ? request.list : made.file->path(), request.success,
                              failure, options);
}

}  // namespace

Result<ingest::DescribeReport> DescribeImages(const Session& session, MetadataRequest* given) {
  const StopScope scope = session.Enter();
  if (given->failure.empty()) {
    PL_ASSIGN_OR_RETURN(given->failure, FailuresBeside(session, given->success));
  }
  const MetadataRequest& request = *given;
  const bool own_tables = IsDatabase(request.success) && request.success.find("table=") == std::string::npos;
  if (request.success == request.failure && !own_tables) {
    return Error(
        ErrorCode::kUsage,
        fmt::format("--success and --failure are both '{}': give each a place of its own", request.success));
  }
  ingest::DescribeOptions options = request.options;
  options.memory = session.Plan(Work::kDescribe);
  options.on_images = session.Watch("Describing");
  options.threads = session.threads();
  options.kernels = &session.kernels();
  options.gate = [&session](const table::Table& table) { return session.GateFor(table); };
  options.local = session.local_options();
  if (catalog::ParseTableName(request.failure)) {
    return Error(ErrorCode::kUsage,
                 fmt::format("--failure {}: failures go to a folder or a database, not into the lake; write "
                             "./{} for a folder of that name",
                             request.failure, request.failure));
  }
  const bool of_lake = request.list == "raw.images";
  const auto table = catalog::ParseTableName(request.success);
  if (!table && !of_lake) return DescribeListOr(request, request.failure, options);
  if (table && request.success != "raw.metadata") {
    return Error(ErrorCode::kUsage,
                 fmt::format("--success {}: of a lake's tables only raw.metadata takes descriptions; write "
                             "./{} for a folder of that name",
                             request.success, request.success));
  }
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  options.format = session.new_table_format();
  options.lake = &lake;
  if (of_lake) return ingest::DescribeLakeImages(request.success, request.failure, options);
  return DescribeListOr(request, request.failure, options);
}

}  // namespace pixlake::engine
