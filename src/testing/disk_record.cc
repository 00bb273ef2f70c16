#include "testing/disk_record.h"

#include <algorithm>
#include <functional>

namespace pixlake::test {
namespace {

void ApplyBytes(const DiskOperation& operation, std::string* bytes) {
  const auto offset = static_cast<size_t>(operation.offset);
  if (operation.kind == DiskOperation::Kind::kTruncate) {
    bytes->resize(offset);
    return;
  }
  if (bytes->size() < offset + operation.bytes.size()) bytes->resize(offset + operation.bytes.size());
  bytes->replace(offset, operation.bytes.size(), operation.bytes);
}

}  // namespace

struct DiskReplay::Survival {
  // Of the changes of a name, how many are there.
  std::function<size_t(const std::vector<size_t>&)> names;
  std::function<std::string(const File&)> bytes;
};

DiskReplay::DiskReplay(Nodes baseline, const std::vector<DiskOperation>* operations)
    : operations_(*operations) {
  for (auto& [id, node] : baseline) {
    if (node.is_folder) {
      folders_[id].durable = std::move(node.names);
    } else {
      files_[id] = {node.bytes, node.bytes, {}};
    }
  }
}

void DiskReplay::AdvanceTo(size_t count) {
  for (; done_ < count; ++done_) Apply(done_);
}

void DiskReplay::Apply(size_t at) {
  using Kind = DiskOperation::Kind;
  const DiskOperation& operation = operations_[at];
  if (operation.kind == Kind::kWrite || operation.kind == Kind::kTruncate) {
    File& file = files_[operation.node];
    ApplyBytes(operation, &file.now);
    file.unsynced.push_back(&operation);
  } else if (operation.kind == Kind::kSyncFile) {
    File& file = files_[operation.node];
    file.durable = file.now;
    file.unsynced.clear();
  } else if (operation.kind == Kind::kName) {
    if (operation.is_folder) folders_[operation.node];
    folders_[operation.folder].unsynced[operation.name].push_back(at);
  } else if (operation.kind == Kind::kSyncFolder) {
    SyncFolder(operation.node);
  }
}

void DiskReplay::SyncFolder(int node) {
  Folder& folder = folders_[node];
  const auto unsynced = std::exchange(folder.unsynced, {});
  for (const auto& [name, changes] : unsynced) {
    for (const size_t at : changes) {
      const DiskOperation& change = operations_[at];
      if (change.node >= 0) {
        folder.durable[name] = change.node;
      } else {
        folder.durable.erase(name);
      }
      if (change.other < 0) continue;
      // The old name is gone for good: so the new one is there for good, and what it had before.
      const DiskOperation& given = operations_[static_cast<size_t>(change.other)];
      Folder& to = folders_[given.folder];
      const auto waiting = to.unsynced.find(given.name);
      if (waiting == to.unsynced.end()) continue;
      std::vector<size_t>& rest = waiting->second;
      const auto made = std::find(rest.begin(), rest.end(), static_cast<size_t>(change.other));
      if (made == rest.end()) continue;
      to.durable[given.name] = given.node;
      rest.erase(rest.begin(), made + 1);
      if (rest.empty()) to.unsynced.erase(waiting);
    }
  }
}

DiskTree DiskReplay::Build(const Survival& survival) const {
  std::map<std::pair<int, std::string>, size_t> kept;
  for (const auto& [id, folder] : folders_) {
    for (const auto& [name, changes] : folder.unsynced) kept[{id, name}] = survival.names(changes);
  }
  // An old name that is gone has its new one.
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [id, folder] : folders_) {
      for (const auto& [name, changes] : folder.unsynced) {
        for (size_t i = 0; i < kept[{id, name}]; ++i) {
          const int64_t other = operations_[changes[i]].other;
          if (other < 0) continue;
          const DiskOperation& given = operations_[static_cast<size_t>(other)];
          const auto waiting = folders_.at(given.folder).unsynced.find(given.name);
          if (waiting == folders_.at(given.folder).unsynced.end()) continue;
          const auto& rest = waiting->second;
          const auto needed =
              static_cast<size_t>(std::find(rest.begin(), rest.end(), static_cast<size_t>(other)) -
                                  rest.begin()) +
              1;
          size_t& have = kept[{given.folder, given.name}];
          if (needed <= rest.size() && have < needed) {
            have = needed;
            changed = true;
          }
        }
      }
    }
  }
  DiskTree tree;
  Add(0, "", kept, survival, &tree);
  return tree;
}

void DiskReplay::Add(int node, const std::string& path,
                     const std::map<std::pair<int, std::string>, size_t>& kept, const Survival& survival,
                     DiskTree* tree) const {
  const auto folder = folders_.find(node);
  if (folder == folders_.end()) {
    const auto file = files_.find(node);
    (*tree)[path] = file == files_.end() ? "" : survival.bytes(file->second);
    return;
  }
  if (!path.empty()) (*tree)[path] = std::nullopt;
  std::map<std::string, int> names = folder->second.durable;
  for (const auto& [name, changes] : folder->second.unsynced) {
    const size_t count = kept.at({node, name});
    if (count == 0) continue;
    const int now = operations_[changes[count - 1]].node;
    if (now >= 0) {
      names[name] = now;
    } else {
      names.erase(name);
    }
  }
  for (const auto& [name, child] : names)
    Add(child, path.empty() ? name : path + "/" + name, kept, survival, tree);
}

DiskTree DiskReplay::Cut(Loss loss) const {
  const auto all = [](const std::vector<size_t>& changes) { return changes.size(); };
  const auto none = [](const std::vector<size_t>&) { return size_t{0}; };
  // Up to the last change that takes a name away, or that gives one.
  const auto until_last = [this](bool gives) {
    return [this, gives](const std::vector<size_t>& changes) {
      size_t count = changes.size();
      while (count > 0 && (operations_[changes[count - 1]].node >= 0) != gives) --count;
      return count;
    };
  };
  const auto now = [](const File& file) { return file.now; };
  const auto durable = [](const File& file) { return file.durable; };
  const auto zeroes = [](const File& file) {
    std::string bytes = file.durable;
    for (const DiskOperation* operation : file.unsynced) {
      DiskOperation zeroed = *operation;
      std::fill(zeroed.bytes.begin(), zeroed.bytes.end(), '\0');
      ApplyBytes(zeroed, &bytes);
    }
    return bytes;
  };
  switch (loss) {
    case Loss::kNothing:
      return Build({all, now});
    case Loss::kAll:
      return Build({none, durable});
    case Loss::kBytes:
      return Build({all, durable});
    case Loss::kZeroes:
      return Build({all, zeroes});
    case Loss::kNewNames:
      return Build({until_last(false), durable});
    case Loss::kDeletions:
      return Build({until_last(true), durable});
  }
  return {};
}

DiskTree DiskReplay::CutAtRandom(uint32_t seed) const {
  std::mt19937 random(seed);
  const auto names = [&](const std::vector<size_t>& changes) { return random() % (changes.size() + 1); };
  const auto bytes = [&](const File& file) {
    std::string out = file.durable;
    const uint32_t kind = random() % 3;
    for (const DiskOperation* operation : file.unsynced) {
      DiskOperation part = *operation;
      if (kind == 0) {  // each for itself
        if (random() % 2 == 0) continue;
      } else if (kind == 1) {  // one of them in part, nothing behind it
        part.bytes.resize(random() % (part.bytes.size() + 1));
        ApplyBytes(part, &out);
        break;
      } else {  // by pages
        for (size_t page = 0; page < part.bytes.size(); page += 4096)
          if (random() % 2 == 0)
            std::fill_n(part.bytes.begin() + static_cast<std::ptrdiff_t>(page),
                        std::min<size_t>(4096, part.bytes.size() - page), '\0');
      }
      ApplyBytes(part, &out);
    }
    return out;
  };
  return Build({names, bytes});
}

}  // namespace pixlake::test
