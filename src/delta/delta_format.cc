#include "delta/delta_format.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "delta/feature/feature_table_internal.h"
#include "delta/table/clone_internal.h"
#include "delta/table/delta_table_internal.h"
#include "delta/table/new_table_internal.h"

namespace pixlake::delta {

namespace {

constexpr int64_t kCacheBytes = int64_t{128} << 20;  // while nobody lends any

class DeltaFormat : public table::TableFormat {
 public:
  std::string_view name() const override { return "delta"; }

  Result<bool> Detect(const io::Location& location) override {
    // The first commit is there unless the log was cleaned up; then the hint, then a listing
    // tells.
    PL_ASSIGN_OR_RETURN(const bool first, HasCommit(location, 0));
    if (first) {
      return true;
    }
    PL_ASSIGN_OR_RETURN(const LogListing listing, ListLog(location, std::nullopt));
    return listing.latest().has_value();
  }

  Result<std::unique_ptr<table::Table>> Open(const io::Location& location) override {
    PL_ASSIGN_OR_RETURN(const bool found, Detect(location));
    if (!found) {
      return Error(ErrorCode::kNotFound,
                   fmt::format("{} is not a Delta table: no commit in _delta_log", location.path));
    }
    return std::make_unique<DeltaTable>(location, cache_);
  }

  Result<std::unique_ptr<table::Table>> Create(const io::Location& location,
                                               const table::TableDefinition& definition) override {
    PL_ASSIGN_OR_RETURN(const auto table, Prepare(location, definition));
    PL_ASSIGN_OR_RETURN(const auto empty, table->Load());
    PL_ASSIGN_OR_RETURN(const auto transaction, table->Begin(empty));
    const table::TableDefinition& made = empty->definition();
    transaction->SetOperation({"CREATE TABLE",
                               {{"partitionBy", nlohmann::json(made.partition_columns).dump()},
                                {"clusterBy", nlohmann::json(made.clustering_columns).dump()},
                                {"properties", nlohmann::json(made.properties).dump()},
                                {"description", made.description},
                                {"isManaged", "false"}},
                               {}});
    const Status committed = transaction->Commit().status();
    if (!committed.ok()) {
      return WithContext(committed, fmt::format("creating Delta table {}", location.path));
    }
    return std::make_unique<DeltaTable>(location, cache_);
  }

  Result<std::unique_ptr<table::Table>> CloneShallow(const io::Location& location,
                                                     const table::Snapshot& source) override {
    const auto* snapshot = dynamic_cast<const DeltaSnapshot*>(&source);
    if (snapshot == nullptr) {
      return Error(ErrorCode::kUnsupported, "only a Delta table can be cloned as one");
    }
    PL_ASSIGN_OR_RETURN(const bool taken, Detect(location));
    const Status put =
        taken ? Error(ErrorCode::kAlreadyExists, "there is a table") : CommitClone(location, *snapshot);
    if (!put.ok()) {
      return WithContext(put, fmt::format("cloning {} to {}", snapshot->location().path, location.path));
    }
    return std::make_unique<DeltaTable>(location, cache_);
  }

  Result<std::unique_ptr<table::Table>> Prepare(const io::Location& location,
                                                const table::TableDefinition& definition) override {
    PL_ASSIGN_OR_RETURN(TableState state, FirstState(definition));
    PL_ASSIGN_OR_RETURN(const bool taken, Detect(location));
    if (taken) {
      return Error(ErrorCode::kAlreadyExists,
                   fmt::format("creating Delta table {}: there is one already", location.path));
    }
    PL_ASSIGN_OR_RETURN(auto empty, DeltaSnapshot::Make(location, std::move(state)));
    return std::make_unique<NewDeltaTable>(location, std::move(empty), cache_);
  }

  CacheLoan LendMemory(int64_t bytes) override { return cache_->Lend(bytes); }

  std::vector<table::FeatureSupport> Features() const override {
    std::vector<table::FeatureSupport> out;
    for (const Feature& feature : KnownFeatures()) {
      const bool writes = feature.appends == Appends::kYes || feature.appends == Appends::kByRules;
      out.push_back({std::string(feature.name), feature.reads,
                     writes                                    ? "yes"
                     : feature.appends == Appends::kUnlessUsed ? "unless in use"
                                                               : "no",
                     feature.enable.possible, std::string(feature.enable.property),
                     std::string(feature.note)});
    }
    return out;
  }

 private:
  const std::shared_ptr<SnapshotCache> cache_ = std::make_shared<SnapshotCache>(kCacheBytes);
};

}  // namespace

std::unique_ptr<table::TableFormat> MakeDeltaFormat() {
  return std::make_unique<DeltaFormat>();
}

}  // namespace pixlake::delta
