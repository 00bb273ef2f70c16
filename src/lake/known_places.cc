#include "lake/known_places.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/memory/byte_size.h"
#include "base/stop/stop_token.h"
#include "catalog/later_columns.h"

namespace pixlake::lake {
namespace {

constexpr size_t kFirstSlots = 1024;

bool IsFree(const KnownPlace& place) {
  return place.key[0] == 0 && place.key[1] == 0;
}

// As a KnownPlace holds it, with room for a later one.
int64_t Bounded(int64_t micros) {
  return std::clamp<int64_t>(micros, 0, (int64_t{1} << 60) - 1);
}

// The year 2540 is late enough for what is only told.
uint64_t FirstSeen(int64_t micros) {
  return static_cast<uint64_t>(std::clamp<int64_t>(micros, 0, (int64_t{1} << 54) - 1));
}

uint64_t BoundedAttempts(int64_t attempts) {
  return static_cast<uint64_t>(std::clamp<int64_t>(attempts, 0, kMostAttempts));
}

uint32_t LabelHash(std::string_view label) {
  return static_cast<uint32_t>(XXH3_64bits(label.data(), label.size())) | 1U;
}

bool HasNewLabel(const KnownPlace& place, const Label& label) {
  return label.has_value() && place.label_hash != LabelHash(*label);
}

uint64_t EtagHash(std::string_view etag) {
  return XXH3_64bits(etag.data(), etag.size());
}

XXH128_hash_t KeyOf(std::string_view uri) {
  XXH128_hash_t key = XXH3_128bits(uri.data(), uri.size());
  if (key.high64 == 0 && key.low64 == 0) key.low64 = 1;  // 0,0 marks a free slot
  return key;
}

struct SourceRow {
  std::string_view uri, etag, id;
  std::optional<std::string_view> label;
  int64_t first_us = 0, last_us = 0;
  bool gone = false;
  bool quarantined = false;
  int64_t attempts = 0;
};

Result<table::ScanPlan> PlanSources(const table::Snapshot& sources) {
  table::ScanRequest request;
  request.columns = {
      "uri",       "etag", "id",    "first_seen",
      "last_seen", "gone", "label", std::string(catalog::SourcesTableColumn(*sources.definition().schema)),
      "attempts"};
  request.batch_rows = 16384;
  return sources.PlanScan(request);
}

template <typename F>
Status ForEachSource(const std::shared_ptr<io::Store>& store, table::ScanPlan plan, F&& row) {
  PL_ASSIGN_OR_RETURN(const auto reader,
                      table::ReadAll(store, std::make_shared<const table::ScanPlan>(std::move(plan))));
  while (true) {
    PL_ASSIGN_OR_RETURN(const auto batch, reader->Next());
    if (batch == nullptr) return Status::OK();
    PL_RETURN_NOT_OK(CheckStopped());
    const auto& uris = static_cast<const arrow::StringArray&>(*batch->column(0));
    const auto& etags = static_cast<const arrow::StringArray&>(*batch->column(1));
    const auto& ids = static_cast<const arrow::StringArray&>(*batch->column(2));
    const auto& first = static_cast<const arrow::TimestampArray&>(*batch->column(3));
    const auto& last = static_cast<const arrow::TimestampArray&>(*batch->column(4));
    const auto& gone = static_cast<const arrow::BooleanArray&>(*batch->column(5));
    const auto& labels = static_cast<const arrow::StringArray&>(*batch->column(6));
    const auto& tables = static_cast<const arrow::StringArray&>(*batch->column(7));
    const auto& attempts = static_cast<const arrow::Int32Array&>(*batch->column(8));
    const auto text = [](const arrow::StringArray& array, int64_t i) {
      return array.IsNull(i) ? std::string_view() : array.GetView(i);
    };
    for (int64_t i = 0; i < batch->num_rows(); ++i) {
      if (uris.IsNull(i)) continue;
      SourceRow found = {uris.GetView(i), text(etags, i), text(ids, i), {}};
      if (labels.IsValid(i)) found.label = labels.GetView(i);
      found.first_us = first.IsNull(i) ? 0 : Bounded(first.Value(i));
      found.last_us = last.IsNull(i) ? 0 : Bounded(last.Value(i));
      found.gone = gone.IsValid(i) && gone.Value(i);
      found.quarantined = !found.gone && text(tables, i) == "raw.quarantine";
      // Rows of earlier versions do not say: it was tried once.
      found.attempts = attempts.IsValid(i) ? attempts.Value(i) : found.quarantined ? 1 : 0;
      PL_RETURN_NOT_OK(row(found));
    }
  }
}

// Four fifths full at most.
size_t SlotsFor(size_t places) {
  return places + places / 4 + 1;
}

}  // namespace

uint32_t IdHash(std::string_view id) {
  if (id.empty()) return 0;
  return static_cast<uint32_t>(XXH3_64bits(id.data(), id.size())) | 1U;
}

Result<std::unique_ptr<KnownPlaces>> KnownPlaces::Load(const std::shared_ptr<io::Store>& store,
                                                       const table::Snapshot& sources, int64_t max_bytes) {
  std::unique_ptr<KnownPlaces> known(new KnownPlaces(max_bytes));
  PL_ASSIGN_OR_RETURN(table::ScanPlan plan, PlanSources(sources));
  // Room for all at once, if there may be so much: growing takes both arrays side by side.
  int64_t rows = 0;
  for (const table::ScanTask& task : plan.tasks) rows += std::max<int64_t>(task.num_rows, 0);
  const size_t slots = SlotsFor(static_cast<size_t>(std::clamp<int64_t>(rows, 0, INT32_MAX)));
  if (known->Fits(slots)) known->slots_.resize(std::max(slots, kFirstSlots));
  const auto take = [&](const SourceRow& row) -> Status {
    const XXH128_hash_t key = KeyOf(row.uri);
    PL_RETURN_NOT_OK(known->Reserve(known->used_ + 1));
    KnownPlace* place = known->Slot(key.high64, key.low64);
    known->newest_us_ = std::max(known->newest_us_, row.last_us);
    const auto last = static_cast<uint64_t>(row.last_us);
    const bool fresh = IsFree(*place);
    if (!fresh && place->last_seen_us > last) return Status::OK();
    // Should two have the same time, it is there: else it is found gone again.
    if (!fresh && place->last_seen_us == last && row.gone && !place->gone) return Status::OK();
    if (fresh) ++known->used_;
    KnownPlace newer = {{key.high64, key.low64}, EtagHash(row.etag), IdHash(row.id)};
    newer.label_hash = row.label ? LabelHash(*row.label) : 0;
    newer.first_seen_us = FirstSeen(row.first_us);
    newer.last_seen_us = last;
    newer.quarantined = row.quarantined ? 1 : 0;
    newer.attempts = BoundedAttempts(row.attempts);
    newer.gone = row.gone ? 1 : 0;
    *place = newer;
    return Status::OK();
  };
  PL_RETURN_NOT_OK(ForEachSource(store, std::move(plan), take));
  return known;
}

bool KnownPlaces::Fits(size_t slots) const {
  return static_cast<int64_t>((slots + slots_.size()) * sizeof(KnownPlace)) <= max_bytes_;
}

Status KnownPlaces::Reserve(size_t places) {
  if (SlotsFor(places) <= slots_.size()) return Status::OK();
  const size_t comfortable = std::max(kFirstSlots, slots_.size() * 2);
  const size_t slots = Fits(comfortable) || slots_.empty() ? comfortable : SlotsFor(places + places / 8);
  // The old and the new array live side by side for a moment.
  if (!Fits(slots) && slots > kFirstSlots) {
    return Error(
        ErrorCode::kOverBudget,
        fmt::format("the lake knows {} places or more; keeping track of them takes {} of memory, {} "
                    "are allowed, a third of --memory; raise it",
                    used_, FormatByteSize(static_cast<int64_t>((slots + slots_.size()) * sizeof(KnownPlace))),
                    FormatByteSize(max_bytes_)));
  }
  std::vector<KnownPlace> old(slots);
  old.swap(slots_);
  for (const KnownPlace& place : old) {
    if (!IsFree(place)) *Slot(place.key[0], place.key[1]) = place;
  }
  return Status::OK();
}

KnownPlace* KnownPlaces::Slot(uint64_t high, uint64_t low) {
  __extension__ using Wide = unsigned __int128;
  for (auto i = static_cast<size_t>((Wide{low} * slots_.size()) >> 64);; ++i) {
    if (i == slots_.size()) i = 0;
    KnownPlace& slot = slots_[i];
    if (IsFree(slot) || (slot.key[0] == high && slot.key[1] == low)) return &slot;
  }
}

const KnownPlace* KnownPlaces::Look(std::string_view uri) const {
  const XXH128_hash_t key = KeyOf(uri);
  const KnownPlace* place = const_cast<KnownPlaces*>(this)->Slot(key.high64, key.low64);
  return IsFree(*place) ? nullptr : place;
}

std::optional<KnownPlace> KnownPlaces::Find(std::string_view uri) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const KnownPlace* place = Look(uri);
  return place == nullptr ? std::nullopt : std::optional(*place);
}

bool KnownPlaces::Meet(std::string_view uri, std::string_view etag, int64_t mtime_ns, const Label& label) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto* place = const_cast<KnownPlace*>(Look(uri));
  if (place == nullptr) return false;
  const bool at_rest =
      place->met || mtime_ns / 1000000000 < static_cast<int64_t>(place->last_seen_us) / 1000000;
  place->met = 1;
  return !place->gone && place->etag_hash == EtagHash(etag) && at_rest && !HasNewLabel(*place, label);
}

bool KnownPlaces::MeetContainer(std::string_view uri, std::string_view etag) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto* place = const_cast<KnownPlace*>(Look(uri));
  if (place == nullptr || place->gone || place->id_hash != 0 || place->etag_hash != EtagHash(etag))
    return false;
  place->met = place->unopened = 1;
  return true;
}

bool KnownPlaces::IsFileAs(std::string_view uri, std::string_view etag) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const KnownPlace* place = Look(uri);
  return place != nullptr && !place->gone && place->id_hash != 0 && place->etag_hash == EtagHash(etag);
}

bool KnownPlaces::IsTaken(std::string_view uri, std::string_view etag, const Label& label, bool once) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const KnownPlace* place = Look(uri);
  return place != nullptr && !place->gone && place->id_hash != 0 && place->etag_hash == EtagHash(etag) &&
         !HasNewLabel(*place, label) && !(once && place->quarantined);
}

bool KnownPlaces::IsQuarantined(std::string_view uri) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const KnownPlace* place = Look(uri);
  return place != nullptr && !place->gone && place->quarantined;
}

bool KnownPlaces::IsAs(std::string_view uri, std::string_view etag, std::string_view id,
                       const Label& label) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const KnownPlace* place = Look(uri);
  return place != nullptr && !place->gone && place->etag_hash == EtagHash(etag) &&
         place->id_hash == IdHash(id) && !HasNewLabel(*place, label);
}

Result<int64_t> KnownPlaces::Record(std::string_view uri, const PlaceState& state, int64_t now_us) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const XXH128_hash_t key = KeyOf(uri);
  PL_RETURN_NOT_OK(Reserve(used_ + 1));
  KnownPlace* place = Slot(key.high64, key.low64);
  const bool same = !IsFree(*place) && place->id_hash == IdHash(state.id);
  if (IsFree(*place)) ++used_;
  KnownPlace newer = {{key.high64, key.low64}, EtagHash(state.etag), IdHash(state.id)};
  newer.label_hash = state.label ? LabelHash(*state.label) : 0;
  newer.first_seen_us = same ? place->first_seen_us : FirstSeen(now_us);
  newer.last_seen_us = static_cast<uint64_t>(Bounded(now_us));
  newer.met = 1;
  newer.quarantined = state.quarantined ? 1 : 0;
  newer.attempts = BoundedAttempts(state.attempts);
  *place = newer;
  newest_us_ = std::max(newest_us_, Bounded(now_us));
  return static_cast<int64_t>(newer.first_seen_us);
}

Status KnownPlaces::ForEachNotMet(const std::shared_ptr<io::Store>& store, const table::Snapshot& sources,
                                  const std::string& root,
                                  const std::function<Status(std::string_view uri)>& each) {
  const bool all_met = std::all_of(slots_.begin(), slots_.end(), [](const KnownPlace& place) {
    return IsFree(place) || place.met || place.gone;
  });
  if (all_met) return Status::OK();
  PL_ASSIGN_OR_RETURN(table::ScanPlan plan, PlanSources(sources));
  return ForEachSource(store, std::move(plan), [&](const SourceRow& row) -> Status {
    if (!row.uri.starts_with(root)) return Status::OK();
    auto* place = const_cast<KnownPlace*>(Look(row.uri));
    if (place == nullptr || place->met || place->gone) return Status::OK();
    const KnownPlace* container = Look(row.uri.substr(0, row.uri.find('#')));
    if (container != nullptr && container->unopened) return Status::OK();
    place->gone = 1;  // each uri once
    return each(row.uri);
  });
}

}  // namespace pixlake::lake
