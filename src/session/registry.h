// What there is, by name: table formats and kernels; and who may read what.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kernel/judge_options.h"
#include "kernel/registry.h"
#include "session/read_policy.h"
#include "table/table.h"
#include "table/table_reference.h"

namespace pixlake::session {

// One for a process is enough; its sessions share it. Thread-safe once nothing is registered any
// more. It decides nothing about memory, threads or places: a Session does.
class Registry {
 public:
  // The format of tables that are made without saying which: the first that is registered; null
  // where none is.
  table::TableFormat* new_table_format() const { return formats_.empty() ? nullptr : formats_.front().get(); }
  // The names of all formats, lower case.
  std::vector<std::string> FormatNames() const;

  // kUsage for a name no format is registered under.
  Result<table::TableFormat*> Format(std::string_view name) const;
  const std::vector<std::unique_ptr<table::TableFormat>>& formats() const { return formats_; }

  // A format more, behind those that are there. Before anything runs.
  void Register(std::unique_ptr<table::TableFormat> format) { formats_.push_back(std::move(format)); }

  // Who may read what; null: everybody everything. Set before anything runs.
  void SetReadPolicy(std::shared_ptr<const ReadPolicy> policy) { read_policy_ = std::move(policy); }
  const ReadPolicy* read_policy() const { return read_policy_.get(); }

  // What is done to images, by name.
  const kernel::KernelRegistry& kernels() const { return kernels_; }
  // To register kernels in, before anything runs.
  kernel::KernelRegistry* mutable_kernels() { return &kernels_; }

 private:
  std::vector<std::unique_ptr<table::TableFormat>> formats_;
  std::shared_ptr<const ReadPolicy> read_policy_;
  kernel::KernelRegistry kernels_;
};

}  // namespace pixlake::session
