// The live data files of one version.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "delta/action/actions_internal.h"

namespace pixlake::delta {

// In the order of the replay. Copies share the files, so that the next version of a table
// with 100,000 files costs a pointer each.
class FileList {
 public:
  class Iterator {
   public:
    using Inner = std::vector<std::shared_ptr<const AddFile>>::const_iterator;
    explicit Iterator(Inner inner) : inner_(inner) {}
    const AddFile& operator*() const { return **inner_; }
    const AddFile* operator->() const { return inner_->get(); }
    Iterator& operator++() {
      ++inner_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return inner_ == other.inner_; }

   private:
    Inner inner_;
  };

  void Add(AddFile file) { files_.push_back(std::make_shared<const AddFile>(std::move(file))); }
  // A file that `other` has at `index`.
  void AddFrom(const FileList& other, size_t index) { files_.push_back(other.files_[index]); }

  size_t size() const { return files_.size(); }
  bool empty() const { return files_.empty(); }
  const AddFile& operator[](size_t index) const { return *files_[index]; }
  Iterator begin() const { return Iterator(files_.begin()); }
  Iterator end() const { return Iterator(files_.end()); }

 private:
  std::vector<std::shared_ptr<const AddFile>> files_;
};

}  // namespace pixlake::delta
