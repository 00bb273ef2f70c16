// A store over another one, and a file over another one: for tests that change one of its answers.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/local_store.h"
#include "io/settle.h"

namespace pixlake::test {

class ForwardingStore : public io::Store, public io::SettlingStore {
 public:
  explicit ForwardingStore(std::shared_ptr<io::Store> inner = io::MakeLocalStore())
      : inner_(std::move(inner)) {}

  std::string_view scheme() const override { return inner_->scheme(); }
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(const std::string& path) override {
    return inner_->OpenInput(path);
  }
  Result<std::string> ReadAll(const std::string& path, int64_t max_bytes) override {
    return inner_->ReadAll(path, max_bytes);
  }
  Result<io::ObjectInfo> Stat(const std::string& path) override { return inner_->Stat(path); }
  Result<std::unique_ptr<io::OutputFile>> Create(const std::string& path) override {
    return inner_->Create(path);
  }
  Status PutIfAbsent(const std::string& path, std::string_view bytes) override {
    return inner_->PutIfAbsent(path, bytes);
  }
  Status Put(const std::string& path, std::string_view bytes) override { return inner_->Put(path, bytes); }
  Result<std::vector<io::ObjectInfo>> List(const std::string& folder, const std::string& from) override {
    return inner_->List(folder, from);
  }
  Result<std::vector<std::string>> ListFolders(const std::string& folder) override {
    return inner_->ListFolders(folder);
  }
  Result<bool> Exists(const std::string& path) override { return inner_->Exists(path); }
  Status Delete(const std::string& path) override { return inner_->Delete(path); }
  Status Settle(const std::string& path) override { return io::Settle(inner_.get(), path); }

 protected:
  const std::shared_ptr<io::Store> inner_;
};

class ForwardingFile : public io::OutputFile {
 public:
  explicit ForwardingFile(std::unique_ptr<io::OutputFile> inner) : inner_(std::move(inner)) {}
  arrow::io::OutputStream* stream() override { return inner_->stream(); }
  Status Close() override { return inner_->Close(); }

 protected:
  const std::unique_ptr<io::OutputFile> inner_;
};

}  // namespace pixlake::test
