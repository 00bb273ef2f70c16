// A Delta log of one commit of any bytes: replay, schema, statistics, partition
// values, deletion vectors. The store is in memory and has no data files.
#include <map>

#include <arrow/buffer.h>
#include <arrow/io/memory.h>

#include "delta/delta_format.h"

namespace {

using pixlake::Error;
using pixlake::ErrorCode;
using pixlake::Result;
using pixlake::Status;

class MemoryStore : public pixlake::io::Store {
 public:
  explicit MemoryStore(std::map<std::string, std::string> files) : files_(std::move(files)) {}

  std::string_view scheme() const override { return "memory"; }
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(const std::string& path) override {
    PL_ASSIGN_OR_RETURN(std::string bytes, ReadAll(path, 1 << 30));
    return std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::move(bytes)));
  }
  Result<std::string> ReadAll(const std::string& path, int64_t) override {
    const auto found = files_.find(path);
    if (found == files_.end()) return Error(ErrorCode::kNotFound, path);
    return found->second;
  }
  Result<pixlake::io::ObjectInfo> Stat(const std::string& path) override {
    PL_ASSIGN_OR_RETURN(const std::string bytes, ReadAll(path, 0));
    return pixlake::io::ObjectInfo{path, static_cast<int64_t>(bytes.size()), 0, {}};
  }
  Result<std::unique_ptr<pixlake::io::OutputFile>> Create(const std::string& path) override {
    return Error(ErrorCode::kPermission, path);
  }
  Status PutIfAbsent(const std::string& path, std::string_view) override {
    return Error(ErrorCode::kPermission, path);
  }
  Status Put(const std::string& path, std::string_view) override {
    return Error(ErrorCode::kPermission, path);
  }
  Result<std::vector<pixlake::io::ObjectInfo>> List(const std::string& folder,
                                                    const std::string& start_from) override {
    std::vector<pixlake::io::ObjectInfo> found;
    for (const auto& [path, bytes] : files_) {
      if (path.rfind(folder + "/", 0) != 0 || path.substr(folder.size() + 1) < start_from) continue;
      found.push_back({path, static_cast<int64_t>(bytes.size()), 0, {}});
    }
    return found;
  }
  Result<std::vector<std::string>> ListFolders(const std::string&) override {
    return std::vector<std::string>();
  }
  Result<bool> Exists(const std::string& path) override {
    for (const auto& [name, bytes] : files_) {
      if (name == path || name.rfind(path + "/", 0) == 0) return true;
    }
    return false;
  }
  Status Delete(const std::string&) override { return Status::OK(); }

 private:
  const std::map<std::string, std::string> files_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const pixlake::io::Location location{std::make_shared<MemoryStore>(std::map<std::string, std::string>{
                                           {"/t/_delta_log/00000000000000000000.json", text}}),
                                       "/t"};
  static const auto format = pixlake::delta::MakeDeltaFormat();
  const auto table = format->Open(location);
  if (!table.ok()) return 0;
  const auto snapshot = (*table)->Load();
  (void)(*table)->History(0);
  if (!snapshot.ok()) return 0;
  (void)(*snapshot)->Totals();
  (void)(*snapshot)->Facts();
  (void)(*snapshot)->PlanScan({});
  return 0;
}
