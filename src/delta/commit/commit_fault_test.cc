// What a commit leaves when the store fails or the process is killed at any step.
#include <csignal>
#include <functional>

#include <arrow/api.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "delta/testing_internal.h"
#include "table/data_file_writer.h"

namespace pixlake::delta {
namespace {

using testing::Must;
using testing::TemporaryFolder;

// A local store that asks before and after everything it changes.
class FaultStore : public io::Store {
 public:
  using Hook = std::function<void()>;
  explicit FaultStore(Hook hook) : inner_(io::MakeLocalStore({.sync = false})), hook_(std::move(hook)) {}

  // Replaces the answer of the next PutIfAbsent to a commit.
  std::function<Status(const std::function<Status()>& put)> next_put;

  std::string_view scheme() const override { return inner_->scheme(); }
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(const std::string& path) override {
    return inner_->OpenInput(path);
  }
  Result<std::string> ReadAll(const std::string& path, int64_t max_bytes) override {
    return inner_->ReadAll(path, max_bytes);
  }
  Result<io::ObjectInfo> Stat(const std::string& path) override { return inner_->Stat(path); }
  Result<std::unique_ptr<io::OutputFile>> Create(const std::string& path) override {
    hook_();
    PL_ASSIGN_OR_RETURN(auto file, inner_->Create(path));
    hook_();
    return std::unique_ptr<io::OutputFile>(std::make_unique<File>(std::move(file), hook_));
  }
  Status PutIfAbsent(const std::string& path, std::string_view bytes) override {
    const auto put = [&] { return inner_->PutIfAbsent(path, bytes); };
    hook_();
    const auto answer = std::exchange(next_put, nullptr);
    const Status status = answer ? answer(put) : put();
    hook_();
    return status;
  }
  Status Put(const std::string& path, std::string_view bytes) override {
    hook_();
    PL_RETURN_NOT_OK(inner_->Put(path, bytes));
    hook_();
    return Status::OK();
  }
  Result<std::vector<io::ObjectInfo>> List(const std::string& folder,
                                           const std::string& start_from) override {
    return inner_->List(folder, start_from);
  }
  Result<std::vector<std::string>> ListFolders(const std::string& folder) override {
    return inner_->ListFolders(folder);
  }
  Result<bool> Exists(const std::string& path) override { return inner_->Exists(path); }
  Status Delete(const std::string& path) override {
    hook_();
    return inner_->Delete(path);
  }

 private:
  class File : public io::OutputFile {
   public:
    File(std::unique_ptr<io::OutputFile> inner, Hook hook)
        : inner_(std::move(inner)), hook_(std::move(hook)) {}
    arrow::io::OutputStream* stream() override { return inner_->stream(); }
    Status Close() override {
      hook_();
      PL_RETURN_NOT_OK(inner_->Close());
      hook_();
      return Status::OK();
    }

   private:
    const std::unique_ptr<io::OutputFile> inner_;
    const Hook hook_;
  };

  const std::unique_ptr<io::Store> inner_;
  const Hook hook_;
};

const auto kSchema = arrow::schema({arrow::field("x", arrow::int64())});

// Appends three rows as transaction `txn` of one application.
Result<table::CommitOutcome> Append(const io::Location& location, int64_t txn) {
  const auto format = MakeDeltaFormat();
  PL_ASSIGN_OR_RETURN(const auto table, format->Open(location));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  PL_ASSIGN_OR_RETURN(const auto transaction, table->BeginAppend(snapshot));
  transaction->SetTxn("test", txn);
  PL_ASSIGN_OR_RETURN(const auto writer, table::DataFileWriter::Make(location, kSchema));
  arrow::Int64Builder builder;
  PL_RETURN_NOT_OK(builder.AppendValues({1, 2, 3}));
  PL_ASSIGN_OR_RETURN(const auto values, builder.Finish());
  PL_RETURN_NOT_OK(writer->Write(*arrow::RecordBatch::Make(kSchema, 3, {values})));
  PL_ASSIGN_OR_RETURN(auto files, writer->Finish());
  for (table::StagedFile& file : files) {
    transaction->Append(std::move(file));
  }
  return transaction->Commit();
}

class CommitFaultTest : public ::testing::Test {
 protected:
  // A table of `commits` appends, so that the next one may write a checkpoint.
  void MakeTable(const std::string& name, int commits) {
    location_ = folder_.location(name);
    Must(MakeDeltaFormat()->Create(location_, {kSchema, {}, {}, "t", ""}));
    for (int i = 1; i <= commits; ++i) {
      Must(Append(location_, i));
    }
  }

  int64_t SoundRows() {
    const table::CheckReport report = Must(Must(MakeDeltaFormat()->Open(location_))->Check());
    EXPECT_TRUE(report.problems.empty());
    return report.rows;
  }

  size_t DataFiles() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(location_.path)) {
      count += entry.path().extension() == ".parquet" ? 1 : 0;
    }
    return count;
  }

  io::Location WithStore(const std::shared_ptr<FaultStore>& store) const { return {store, location_.path}; }

  TemporaryFolder folder_;
  io::Location location_;
};

TEST_F(CommitFaultTest, KilledAtEveryStepTheTableIsSoundAndARerunFinishesOnce) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer does not go through fork()";
#endif
  bool survived = false;
  for (int step = 1; !survived; ++step) {
    ASSERT_LT(step, 100);
    MakeTable("killed_" + std::to_string(step), 9);  // version 10 comes next: with a checkpoint
    const pid_t child = ::fork();
    if (child == 0) {
      int left = step;
      const auto store = std::make_shared<FaultStore>([&left] {
        if (--left == 0) ::kill(::getpid(), SIGKILL);
      });
      ::_exit(Append(WithStore(store), 10).ok() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    survived = WIFEXITED(status);
    if (survived) {
      EXPECT_EQ(WEXITSTATUS(status), 0);
    }
    const int64_t rows = SoundRows();
    EXPECT_TRUE(rows == 27 || rows == 30) << "step " << step << ": " << rows;
    Must(Append(location_, 10));
    EXPECT_EQ(SoundRows(), 30) << "step " << step;
  }
}

TEST_F(CommitFaultTest, AnAnswerThatNeverCameIsSettledByReadingBack) {
  MakeTable("unknown", 1);
  const auto store = std::make_shared<FaultStore>([] {});
  const auto unknown = [] { return Error(ErrorCode::kCommitStateUnknown, "no answer"); };
  store->next_put = [&](const auto& put) { return put().ok() ? unknown() : unknown(); };
  EXPECT_EQ(Must(Append(WithStore(store), 2)).version, 2);
  EXPECT_EQ(SoundRows(), 6);
  store->next_put = [&](const auto&) { return unknown(); };
  EXPECT_EQ(Must(Append(WithStore(store), 3)).version, 3);
  EXPECT_EQ(SoundRows(), 9);
}

TEST_F(CommitFaultTest, TheStoresOwnRetryOfOurPutIsRecognised) {
  MakeTable("retried", 1);
  const auto store = std::make_shared<FaultStore>([] {});
  store->next_put = [](const auto& put) {
    EXPECT_TRUE(put().ok());
    return put();  // kAlreadyExists, by our own first try
  };
  EXPECT_EQ(Must(Append(WithStore(store), 2)).version, 2);
  EXPECT_EQ(SoundRows(), 6);
  EXPECT_EQ(DataFiles(), 2u);
}

TEST_F(CommitFaultTest, APutThatFailedLeavesNoFiles) {
  MakeTable("failed", 1);
  const auto store = std::make_shared<FaultStore>([] {});
  store->next_put = [](const auto&) { return Error(ErrorCode::kNoSpace, "full"); };
  EXPECT_EQ(CodeOf(Append(WithStore(store), 2).status()), ErrorCode::kNoSpace);
  EXPECT_EQ(DataFiles(), 1u);
  EXPECT_EQ(SoundRows(), 3);
}

}  // namespace
}  // namespace pixlake::delta
