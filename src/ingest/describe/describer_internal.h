// Images on their way from what lists them to what each says of itself and into the sinks.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/work/crew.h"
#include "fetch/local_image.h"
#include "ingest/describe/describe.h"
#include "ingest/describe/description_internal.h"
#include "ingest/describe/work_queue_internal.h"
#include "kernel/judged.h"
#include "sink/sink.h"

namespace pixlake::ingest {

// Images that one hand has read and that are judged together: what a kernel costs a batch is
// as much as it costs ten images.
struct ImageGroup {
  struct Waiting {
    Provenance from;
    fetch::LocalImage image;
  };

  // Of the image that comes next.
  fetch::LocalImageReader* reader() { return &readers[waiting.size()]; }

  std::array<fetch::LocalImageReader, 8> readers;
  std::vector<Waiting> waiting;
  size_t held = 0;  // bytes
  Outputs outputs;
  DescribeReport part;
};

// Describes on the arena what one thread gives it, and writes it to two sinks.
class Describer {
 public:
  explicit Describer(const DescribeOptions& options);
  ~Describer();

  // Opens the sinks; from here on work may be pushed.
  Status Start(const std::string& success, const std::string& failure);
  // To be called when so many bytes of what was fetched are no longer held. Before the first Push.
  void OnReleased(std::function<void(int64_t bytes)> on_released) { on_released_ = std::move(on_released); }

  // Whether the url is to be described: neither done by an earlier run nor given before,
  // which the report counts.
  bool IsNew(const std::string& url);

  // Waits for room. False once the work was given up: Finish tells why.
  bool Push(WorkItem item);
  bool PushAtOnce(WorkItem item);
  // What ended the work; OK while it goes on.
  Status ended_by();

  // When all was given, or, with an error, when nothing more will be. What is done is
  // kept, whatever ended the run.
  Result<DescribeReport> Finish(const Status& listed);

  // Every byte of an image is wanted, for its id or to decode it.
  bool wants_whole() const { return whole_; }

 private:
  bool WorkNext();
  std::unique_ptr<ImageGroup> TakeGroup();
  void DescribeLocal(const file::UrlListRow& row, ImageGroup* group);
  void DescribeFetched(const Fetched& fetched, ImageGroup* group);
  void DescribeStored(const StoredImage& stored, ImageGroup* group);
  // Has it wait to be judged with others; what it borrows from stays until JudgeGroup.
  void Add(const Provenance& from, const Result<fetch::LocalImage>& image, ImageGroup* group);
  void JudgeGroup(ImageGroup* group);
  Result<kernel::Judged> JudgeWaiting(const ImageGroup& group) const;
  static void Fail(const Provenance& from, std::string_view code, std::string_view why, ImageGroup* group);
  void Deliver(Outputs* outputs, const DescribeReport& part);

  const DescribeOptions options_;
  sandbox::Examiner examiner_;
  std::unique_ptr<kernel::Kernel> judge_;
  kernel::Context context_;
  const bool whole_;
  sink::UrlSet done_;  // by earlier runs, and what this one has taken
  size_t done_before_ = 0;
  sink::UrlSet seen_;  // in this run, so that what was done before is not called repeated
  WorkQueue queue_;
  std::function<void(int64_t bytes)> on_released_;

  std::mutex sink_mutex_;
  std::unique_ptr<sink::Sink> success_, failure_;
  bool into_lake_ = false;  // `success_` is raw.metadata
  Status ended_by_;         // what a sink or the sandbox says
  std::chrono::steady_clock::time_point flushed_ = std::chrono::steady_clock::now();
  DescribeReport report_;

  std::mutex groups_mutex_;
  std::vector<std::unique_ptr<ImageGroup>> groups_;  // that nobody works with
  std::unique_ptr<Crew> crew_;                       // goes first
};

}  // namespace pixlake::ingest
