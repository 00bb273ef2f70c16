#include <algorithm>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/uuid.h"
#include "lake/index/id_run_merge_internal.h"
#include "lake/index/id_run_set_internal.h"
#include "lake/index/run_cache_internal.h"

namespace pixlake::lake {
namespace {

constexpr size_t kMaxRuns = 8;
constexpr int kAttempts = 10;
constexpr int64_t kAbandonedMillis = int64_t{24} * 3600 * 1000;

class RunSet {
 public:
  explicit RunSet(const IdSource& source) : source_(source), store_(source.table.store.get()) {
    for (size_t i = 0; i < source_.plan.tasks.size(); ++i) {
      const table::ScanTask& task = source_.plan.tasks[i];
      tasks_[Relative(task.path)] = {static_cast<int64_t>(i), task.size};
    }
  }

  // nullopt: another process is at it too, start again.
  Result<std::optional<std::vector<LiveRun>>> Try() {
    runs_.clear();
    PL_ASSIGN_OR_RETURN(const bool listed, Load());
    if (!listed) return std::optional<std::vector<LiveRun>>();
    Cover();
    PL_RETURN_NOT_OK(BuildMissing());
    if (runs_.size() > kMaxRuns) {
      PL_ASSIGN_OR_RETURN(const bool merged, Merge());
      if (!merged) return std::optional<std::vector<LiveRun>>();
    }
    DeleteUseless();
    std::vector<LiveRun> live;
    for (LiveRun& run : runs_) {
      if (Contributes(run)) live.push_back(std::move(run));
    }
    return std::optional(std::move(live));
  }

 private:
  struct PlannedFile {
    int64_t task = 0;
    int64_t size = 0;
  };

  std::string Relative(const std::string& path) const {
    const std::string folder = source_.table.path + "/";
    return path.starts_with(folder) ? path.substr(folder.size()) : path;
  }

  static bool Contributes(const LiveRun& run) {
    return std::any_of(run.tasks.begin(), run.tasks.end(), [](int64_t task) { return task >= 0; });
  }

  Result<bool> Load() {
    PL_ASSIGN_OR_RETURN(const auto objects, store_->List(source_.folder));
    for (const io::ObjectInfo& object : objects) {
      const std::string name = object.path.substr(object.path.rfind('/') + 1);
      if (name.starts_with('.')) {
        // Left by a process that died; deleting is best effort.
        if (object.modified_ms < NowMillis() - kAbandonedMillis) (void)store_->Delete(object.path);
        continue;
      }
      if (!name.ends_with(".run")) continue;
      auto run = OpenRun(store_, object.path, object.size);
      if (!run.ok() && CodeOf(run.status()) == ErrorCode::kNotFound) return false;
      if (!run.ok() && CodeOf(run.status()) == ErrorCode::kCorrupt) {
        PL_RETURN_NOT_OK(store_->Delete(object.path));
        continue;
      }
      // Of a newer pixlake: it stays for that one, and ours goes beside it.
      if (!run.ok() && CodeOf(run.status()) == ErrorCode::kUnsupported) continue;
      PL_RETURN_NOT_OK(run.status());
      if ((*run)->columns() == source_.columns) runs_.push_back({*std::move(run), {}});
    }
    return true;
  }

  // Every planned file to one run, larger runs first; everyone decides alike.
  void Cover() {
    std::sort(runs_.begin(), runs_.end(), [](const LiveRun& a, const LiveRun& b) {
      return std::pair(b.run->num_entries(), a.run->path()) < std::pair(a.run->num_entries(), b.run->path());
    });
    covered_.assign(source_.plan.tasks.size(), false);
    for (LiveRun& run : runs_) {
      run.tasks.clear();
      for (const CoveredFile& file : run.run->files()) {
        const auto planned = tasks_.find(file.path);
        const bool ours = planned != tasks_.end() && planned->second.size == file.size &&
                          !covered_[static_cast<size_t>(planned->second.task)];
        run.tasks.push_back(ours ? planned->second.task : -1);
        if (ours) covered_[static_cast<size_t>(planned->second.task)] = true;
      }
    }
  }

  Status BuildMissing() {
    std::vector<const table::ScanTask*> missing;
    std::vector<CoveredFile> files;
    for (size_t i = 0; i < covered_.size(); ++i) {
      const table::ScanTask& task = source_.plan.tasks[i];
      if (covered_[i]) continue;
      missing.push_back(&task);
      files.push_back({Relative(task.path), task.size, 0});
    }
    if (missing.empty()) return Status::OK();
    IdRunBuilder builder(source_);
    PL_ASSIGN_OR_RETURN(auto run, builder.Build(missing, std::move(files)));
    runs_.push_back({std::move(run), {}});
    Cover();
    return Status::OK();
  }

  // Whether a file that the snapshot does not have may be of use to another one.
  bool StillThere(const CoveredFile& file) const {
    const auto planned = tasks_.find(file.path);
    if (planned != tasks_.end()) return planned->second.size == file.size;
    const auto found = store_->Stat(source_.table.Child(file.path));
    return found.ok() ? found->size == file.size : CodeOf(found.status()) != ErrorCode::kNotFound;
  }

  // The smallest runs into one, so that large ones are seldom written again. False when
  // one turned out to be damaged: it is deleted, start again.
  Result<bool> Merge() {
    size_t first = kMaxRuns - 1;  // runs_ has the largest in front
    int64_t sum = 0;
    for (size_t i = first; i < runs_.size(); ++i) sum += runs_[i].run->num_entries();
    while (first > 0 && runs_[first - 1].run->num_entries() <= 2 * sum)
      sum += runs_[--first].run->num_entries();
    std::vector<MergeInput> inputs;
    std::vector<CoveredFile> files;
    std::unordered_map<std::string, bool> taken;
    for (size_t i = first; i < runs_.size(); ++i) {
      MergeInput input{runs_[i].run, {}};
      PL_ASSIGN_OR_RETURN(const bool whole, IsWhole(*input.run));
      if (!whole) return false;
      for (const CoveredFile& file : input.run->files()) {
        const std::string key = file.path + '\n' + std::to_string(file.size);
        const bool stays = StillThere(file) && taken.emplace(key, true).second;
        input.files.push_back(stays ? static_cast<int64_t>(files.size()) : -1);
        if (stays) files.push_back(file);
      }
      inputs.push_back(std::move(input));
    }
    const std::string path = io::JoinPath(source_.folder, NewUuid() + ".run");
    PL_ASSIGN_OR_RETURN(auto merged, MergeRuns(store_, path, source_.columns, inputs, std::move(files)));
    // Whoever has them open reads on.
    for (size_t i = first; i < runs_.size(); ++i) (void)store_->Delete(runs_[i].run->path());
    runs_.resize(first);
    runs_.push_back({std::move(merged), {}});
    Cover();
    return true;
  }

  Result<bool> IsWhole(const IdRun& run) {
    for (int64_t block = 0; block < run.num_blocks(); ++block) {
      const auto entries = run.Block(block);
      const bool sound =
          entries.ok() && std::all_of(entries->begin(), entries->end(),
                                      [&](const auto& entry) { return entry.file < run.files().size(); });
      if (sound) continue;
      PL_RETURN_NOT_OK(store_->Delete(run.path()));
      return false;
    }
    return true;
  }

  // Runs all of whose files other runs cover, or are gone for good.
  void DeleteUseless() {
    for (const LiveRun& run : runs_) {
      if (Contributes(run)) continue;
      const auto& files = run.run->files();
      const bool useless = std::all_of(files.begin(), files.end(), [&](const CoveredFile& file) {
        const auto planned = tasks_.find(file.path);
        const bool elsewhere = planned != tasks_.end() && planned->second.size == file.size;
        return elsewhere || !StillThere(file);
      });
      if (useless) (void)store_->Delete(run.run->path());
    }
  }

  const IdSource& source_;
  io::Store* const store_;
  std::unordered_map<std::string, PlannedFile> tasks_;
  std::vector<LiveRun> runs_;
  std::vector<bool> covered_;  // by task
};

}  // namespace

Result<std::vector<LiveRun>> BringRunsUpToDate(const IdSource& source) {
  RunSet runs(source);
  Status gone;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto live = runs.Try();
    // Another process may find the run we have just written useless beside its own and
    // delete it before we have opened it.
    if (!live.ok() && CodeOf(live.status()) != ErrorCode::kNotFound) return live.status();
    if (live.ok() && *live) return **std::move(live);
    gone = live.ok() ? Status::OK() : live.status();
  }
  if (!gone.ok()) return gone;
  return Error(ErrorCode::kIo, "the id index in " + source.folder + " keeps changing; try again");
}

}  // namespace pixlake::lake
