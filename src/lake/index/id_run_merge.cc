#include <queue>
#include <utility>

#include "base/stop/stop_token.h"
#include "lake/index/id_run_merge_internal.h"

namespace pixlake::lake {
namespace {

// The entries of one input that stay, one after the other, numbered anew.
class Cursor {
 public:
  explicit Cursor(const MergeInput* input) : input_(input) {}

  const IdEntry& entry() const { return entry_; }

  // False at the end.
  Result<bool> Next() {
    while (true) {
      if (at_ == block_.size()) {
        if (next_block_ == input_->run->num_blocks()) return false;
        PL_ASSIGN_OR_RETURN(block_, input_->run->Block(next_block_++));
        at_ = 0;
        continue;
      }
      const IdEntry& found = block_[at_++];
      if (found.file >= input_->files.size())
        return Error(ErrorCode::kCorrupt, "run " + input_->run->path() + " names a file that is not there");
      const int64_t file = input_->files[found.file];
      if (file < 0) continue;
      entry_ = found;
      entry_.file = static_cast<uint32_t>(file);
      return true;
    }
  }

 private:
  const MergeInput* const input_;
  int64_t next_block_ = 0;
  std::span<const IdEntry> block_;
  size_t at_ = 0;
  IdEntry entry_;
};

}  // namespace

Result<std::shared_ptr<IdRun>> MergeRuns(io::Store* store, const std::string& path, const IdColumns& columns,
                                         const std::vector<MergeInput>& inputs,
                                         std::vector<CoveredFile> files) {
  PL_ASSIGN_OR_RETURN(const auto writer, IdRunWriter::Create(store, path, columns, std::move(files)));
  std::vector<Cursor> cursors;
  for (const MergeInput& input : inputs) cursors.emplace_back(&input);
  const auto later = [](const Cursor* a, const Cursor* b) { return a->entry() > b->entry(); };
  std::priority_queue<Cursor*, std::vector<Cursor*>, decltype(later)> smallest(later);
  for (Cursor& cursor : cursors) {
    PL_ASSIGN_OR_RETURN(const bool any, cursor.Next());
    if (any) smallest.push(&cursor);
  }
  for (int64_t count = 0; !smallest.empty(); ++count) {
    if (count % (1 << 16) == 0) PL_RETURN_NOT_OK(CheckStopped());
    Cursor* const cursor = smallest.top();
    smallest.pop();
    PL_RETURN_NOT_OK(writer->Append(cursor->entry()));
    PL_ASSIGN_OR_RETURN(const bool more, cursor->Next());
    if (more) smallest.push(cursor);
  }
  return writer->Finish();
}

}  // namespace pixlake::lake
