#include "session/session.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/near.h"
#include "file/open_parquet.h"
#include "io/object/remote_store.h"
#include "session/arrow_pools_internal.h"

namespace pixlake::session {
namespace {

constexpr int64_t kLeastMemory = int64_t{32} << 20;
constexpr int64_t kLeastBlock = int64_t{256} << 10;

// "; did you mean 'raw.images'?", or what there is.
std::string NearTable(const catalog::Lake& lake, const std::string& name) {
  const auto tables = lake.TableNames();
  if (!tables.ok()) return "";
  std::vector<std::string> names;
  for (const catalog::TableName& table : *tables) names.push_back(table.text());
  return DidYouMean(name, names);
}

int64_t DefaultMemory() {
  const int64_t machine = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGE_SIZE);
  return std::clamp(machine / 4, kLeastMemory, int64_t{4} << 30);
}

}  // namespace

struct Session::Known {
  std::once_flag once;
  Principal user;
  std::mutex mutex;
  std::optional<catalog::Lake> lake;  // in a store, once it was opened: where its tables are does not change
};

Session::Session(std::shared_ptr<const Registry> registry, SessionOptions options,
                 std::shared_ptr<Executor> executor)
    : registry_(std::move(registry)),
      options_(std::move(options)),
      arrow_pools_(std::make_unique<ArrowPools>(options_.threads)),
      executor_(std::move(executor)),
      stop_(std::make_unique<StopSource>(options_.stop, executor_)),
      known_(std::make_unique<Known>()) {}

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::Make(std::shared_ptr<const Registry> registry,
                                               SessionOptions options) {
  if (options.threads < 0 || options.threads > 1024) {
    return Error(ErrorCode::kUsage, fmt::format("{} threads; expected 1 to 1024", options.threads));
  }
  if (options.memory_bytes != 0 && options.memory_bytes < kLeastMemory) {
    return Error(ErrorCode::kUsage,
                 fmt::format("a memory budget of {} bytes is too small; expected at least 32MB",
                             options.memory_bytes));
  }
  if (options.threads == 0) options.threads = AvailableCores();
  if (options.memory_bytes == 0) options.memory_bytes = DefaultMemory();
  auto executor = Executor::Make(options.threads);
  std::unique_ptr<Session> session(new Session(std::move(registry), std::move(options), std::move(executor)));
  PL_RETURN_NOT_OK(session->arrow_pools_->status());
  session->LendToCaches();
  return session;
}

Result<std::unique_ptr<Session>> Session::WithLake(std::string lake) const {
  SessionOptions options = options_;
  options.lake = std::move(lake);
  options.stop = stop_token();
  return std::unique_ptr<Session>(new Session(registry_, std::move(options), executor_));
}

void Session::LendToCaches() {
  // The same for all work.
  const MemoryPlan plan = Plan(Work::kSql);
  loans_.push_back(file::LendToFooters(plan.footers));
  loans_.push_back(io::LendToRanges(plan.ranges));
  for (const auto& format : registry_->formats()) {
    loans_.push_back(format->LendMemory(plan.snapshots / static_cast<int64_t>(registry_->formats().size())));
  }
}

const Principal& Session::principal() const {
  if (options_.principal) return *options_.principal;
  std::call_once(known_->once, [this] { known_->user = OperatingSystemUser(); });
  return known_->user;
}

Result<Output*> Session::output() const {
  if (options_.output == nullptr)
    return Error(ErrorCode::kUsage, "this session has no output: name a file to write to");
  return options_.output.get();
}

std::function<void(int64_t items, int64_t bytes)> Session::Watch(std::string what, int64_t total) const {
  if (options_.output == nullptr) return [](int64_t, int64_t) {};
  std::shared_ptr<WorkWatch> watch = options_.output->Watch(std::move(what), total);
  if (watch == nullptr) return [](int64_t, int64_t) {};
  return [watch = std::move(watch)](int64_t items, int64_t bytes) { watch->Add(items, bytes); };
}

Result<std::unique_ptr<kernel::Kernel>> Session::MakeJudge(const sandbox::ExamineOptions& options) const {
  return kernels().Make("judge", kernel::ToParameters(options));
}

io::LocalOptions Session::local_options() const {
  io::LocalOptions local;
  local.sync = options_.sync;
  // A hundredth of the memory for each of the files that are written at once, but no more than a disk
  // needs to be busy.
  while (local.block_bytes > kLeastBlock && local.block_bytes > options_.memory_bytes / 128)
    local.block_bytes /= 2;
  return local;
}

Result<io::Location> Session::Locate(const std::string& uri) const {
  const io::LocalOptions local = local_options();
  const auto name = catalog::ParseTableName(uri);
  if (!name || !has_lake()) return io::Locate(uri, local);
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, OpenLake());
  return lake.TablePlace(*name);
}

Result<catalog::Lake> Session::OpenLake() const {
  if (!has_lake()) return Error(ErrorCode::kUsage, "which lake? Give --lake LAKE or set PIXLAKE_LAKE");
  {
    const std::lock_guard lock(known_->mutex);
    if (known_->lake) return *known_->lake;
  }
  PL_ASSIGN_OR_RETURN(io::Location place, io::Locate(options_.lake, local_options()));
  PL_ASSIGN_OR_RETURN(catalog::Lake lake, catalog::Lake::Open(std::move(place), {{}, local_options()}));
  if (lake.is_remote()) {
    const std::lock_guard lock(known_->mutex);
    known_->lake = lake;
  }
  return lake;
}

Result<std::unique_ptr<table::Table>> Session::OpenTable(const std::string& uri) const {
  PL_ASSIGN_OR_RETURN(const io::Location location, Locate(uri));
  std::string names;
  for (const auto& format : registry_->formats()) {
    PL_ASSIGN_OR_RETURN(const bool there, format->Detect(location));
    if (there) return format->Open(location);
    names.append(names.empty() ? "" : ", ").append(format->name());
  }
  const bool name = catalog::ParseTableName(uri).has_value();
  const bool named = name && !has_lake();
  if (name && has_lake()) {
    PL_ASSIGN_OR_RETURN(const catalog::Lake lake, OpenLake());
    return Error(ErrorCode::kNotFound, fmt::format("there is no table {} at {} (looked for: {}){}", uri,
                                                   location.path, names, NearTable(lake, uri)));
  }
  return Error(ErrorCode::kNotFound,
               fmt::format("there is no table at {} (looked for: {}){}", location.path, names,
                           named ? "; for the table of a lake give --lake LAKE" : ""));
}

Result<std::unique_ptr<table::Table>> Session::OpenTable(const table::TableReference& reference) const {
  if (reference.format.empty()) return OpenTable(reference.place);
  PL_ASSIGN_OR_RETURN(const io::Location location, Locate(reference.place));
  PL_ASSIGN_OR_RETURN(table::TableFormat* const format, Format(reference.format));
  return format->Open(location);
}

Result<std::shared_ptr<const table::RowGate>> Session::GateFor(const table::Table& table) const {
  if (registry_->read_policy() == nullptr) return std::shared_ptr<const table::RowGate>();
  return registry_->read_policy()->GateFor(principal(), table);
}

Result<ReadableTable> Session::OpenToRead(const std::string& uri, const table::VersionSpec& version) const {
  ReadableTable opened;
  PL_ASSIGN_OR_RETURN(opened.table, OpenTable(uri));
  PL_ASSIGN_OR_RETURN(opened.snapshot, opened.table->Load(version));
  PL_ASSIGN_OR_RETURN(auto gate, GateFor(*opened.table));
  opened.rows = table::Guard(opened.snapshot, std::move(gate));
  return opened;
}

Result<std::unique_ptr<table::Table>> Session::OpenToChange(const std::string& uri) const {
  PL_ASSIGN_OR_RETURN(auto table, OpenTable(uri));
  PL_ASSIGN_OR_RETURN(const auto gate, GateFor(*table));
  if (gate == nullptr) return table;
  return Error(
      ErrorCode::kUnauthorised,
      table->location().path + ": not all of it may be read, so its rows are neither changed nor counted");
}

bool Session::IsTable(const std::string& uri) const {
  const auto location = Locate(uri);
  if (!location.ok()) return false;
  return std::any_of(registry_->formats().begin(), registry_->formats().end(), [&](const auto& format) {
    const auto there = format->Detect(*location);
    return there.ok() && *there;
  });
}

}  // namespace pixlake::session
