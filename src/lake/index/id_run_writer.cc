#include <utility>

#include <arrow/io/interfaces.h>

#include "io/local_store.h"
#include "lake/index/id_run_format_internal.h"
#include "lake/index/id_run_internal.h"
#include "lake/index/run_cache_internal.h"

namespace pixlake::lake {
namespace {

template <typename T>
void AppendNumber(T value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void AppendText(const std::string& text, std::string* out) {
  AppendNumber(static_cast<uint32_t>(text.size()), out);
  out->append(text);
}

}  // namespace

Result<std::unique_ptr<IdRunWriter>> IdRunWriter::Create(io::Store* store, std::string path,
                                                         IdColumns columns, std::vector<CoveredFile> files) {
  const bool remote = store->scheme() != "file";
  std::string written = path;
  if (remote) {
    PL_ASSIGN_OR_RETURN(written, NewRunFile(".part"));
  }
  const auto here = remote ? io::MakeLocalStore({.sync = false}) : nullptr;
  PL_ASSIGN_OR_RETURN(auto output, (remote ? here.get() : store)->Create(written));
  std::string header(kIdRunMagic.begin(), kIdRunMagic.end());
  header.resize(kIdRunHeaderBytes);
  PL_RETURN_NOT_OK(output->stream()->Write(header.data(), kIdRunHeaderBytes));
  for (CoveredFile& file : files) file.ids = 0;
  return std::unique_ptr<IdRunWriter>(new IdRunWriter(std::move(output), store, std::move(written),
                                                      std::move(path), std::move(columns), std::move(files)));
}

Status IdRunWriter::Append(const IdEntry& entry) {
  if (entry.file >= files_.size()) return Error(ErrorCode::kInternal, "an id of a file that is not listed");
  ++files_[entry.file].ids;
  ++num_entries_;
  block_.push_back(entry);
  return static_cast<int64_t>(block_.size()) == kIdBlockEntries ? FlushBlock() : Status::OK();
}

Status IdRunWriter::FlushBlock() {
  if (block_.empty()) return Status::OK();
  std::string bytes(reinterpret_cast<const char*>(block_.data()), block_.size() * sizeof(IdEntry));
  bytes.resize(kIdBlockBytes);
  fences_.push_back(block_.front().high);
  checksums_.push_back(Crc(bytes.data(), bytes.size()));
  block_.clear();
  return output_->stream()->Write(bytes.data(), kIdBlockBytes);
}

std::string IdRunWriter::Index() const {
  std::string index;
  AppendText(columns_.id, &index);
  AppendText(columns_.content, &index);
  AppendNumber(static_cast<uint32_t>(files_.size()), &index);
  for (const CoveredFile& file : files_) {
    AppendText(file.path, &index);
    AppendNumber(file.size, &index);
    AppendNumber(file.ids, &index);
  }
  for (const uint64_t fence : fences_) AppendNumber(fence, &index);
  for (const uint32_t checksum : checksums_) AppendNumber(checksum, &index);
  return index;
}

Result<std::shared_ptr<IdRun>> IdRunWriter::Finish() {
  PL_RETURN_NOT_OK(FlushBlock());
  const std::string index = Index();
  IdRunFooter footer;
  footer.num_entries = num_entries_;
  footer.num_blocks = fences_.size();
  footer.index_bytes = index.size();
  footer.block_bytes = kIdBlockBytes;
  footer.index_crc = Crc(index.data(), index.size());
  footer.crc = Crc(&footer, offsetof(IdRunFooter, crc));
  PL_RETURN_NOT_OK(output_->stream()->Write(index.data(), static_cast<int64_t>(index.size())));
  PL_RETURN_NOT_OK(output_->stream()->Write(&footer, sizeof(footer)));
  PL_RETURN_NOT_OK(output_->Close());
  return file_ == path_ ? IdRun::Open(path_, path_) : SendRun(store_, file_, path_);
}

}  // namespace pixlake::lake
