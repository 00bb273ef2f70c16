#include "ingest/lake/known_places.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/byte_size.h"
#include "base/interrupt.h"

namespace pixlake::ingest {
namespace {

constexpr size_t kFirstSlots = 1024;

bool IsFree(const KnownPlace& place) {
  return place.key[0] == 0 && place.key[1] == 0;
}

uint32_t Seconds(int64_t micros) {
  return static_cast<uint32_t>(std::clamp<int64_t>(micros / 1000000, 0, UINT32_MAX));
}

uint64_t EtagHash(std::string_view etag) {
  return XXH3_64bits(etag.data(), etag.size());
}

XXH128_hash_t KeyOf(std::string_view uri) {
  XXH128_hash_t key = XXH3_128bits(uri.data(), uri.size());
  if (key.high64 == 0 && key.low64 == 0) key.low64 = 1;  // 0,0 marks a free slot
  return key;
}

// Calls `row` with (uri, etag, id, first_seen us, last_seen us, gone) of every row.
template <typename F>
Status ForEachSource(const std::shared_ptr<io::Store>& store, const table::Snapshot& sources, F&& row) {
  table::ScanRequest request;
  request.columns = {"uri", "etag", "id", "first_seen", "last_seen", "gone"};
  request.batch_rows = 16384;
  PL_ASSIGN_OR_RETURN(auto plan, sources.PlanScan(request));
  PL_ASSIGN_OR_RETURN(const auto reader,
                      table::ReadAll(store, std::make_shared<const table::ScanPlan>(std::move(plan))));
  while (true) {
    PL_ASSIGN_OR_RETURN(const auto batch, reader->Next());
    if (batch == nullptr) return Status::OK();
    PL_RETURN_NOT_OK(CheckInterrupt());
    const auto& uris = static_cast<const arrow::StringArray&>(*batch->column(0));
    const auto& etags = static_cast<const arrow::StringArray&>(*batch->column(1));
    const auto& ids = static_cast<const arrow::StringArray&>(*batch->column(2));
    const auto& first = static_cast<const arrow::TimestampArray&>(*batch->column(3));
    const auto& last = static_cast<const arrow::TimestampArray&>(*batch->column(4));
    const auto& gone = static_cast<const arrow::BooleanArray&>(*batch->column(5));
    for (int64_t i = 0; i < batch->num_rows(); ++i) {
      if (uris.IsNull(i)) continue;
      PL_RETURN_NOT_OK(row(uris.GetView(i), etags.IsNull(i) ? std::string_view() : etags.GetView(i),
                           ids.IsNull(i) ? std::string_view() : ids.GetView(i),
                           first.IsNull(i) ? 0 : first.Value(i), last.IsNull(i) ? 0 : last.Value(i),
                           gone.IsValid(i) && gone.Value(i)));
    }
  }
}

}  // namespace

uint32_t IdHash(std::string_view id) {
  if (id.empty()) return 0;
  return static_cast<uint32_t>(XXH3_64bits(id.data(), id.size())) | 1U;
}

Result<std::unique_ptr<KnownPlaces>> KnownPlaces::Load(const std::shared_ptr<io::Store>& store,
                                                       const table::Snapshot& sources, int64_t max_bytes) {
  std::unique_ptr<KnownPlaces> known(new KnownPlaces(max_bytes));
  PL_RETURN_NOT_OK(known->Reserve(0));
  const auto take = [&](std::string_view uri, std::string_view etag, std::string_view id, int64_t first,
                        int64_t last, bool gone) -> Status {
    const XXH128_hash_t key = KeyOf(uri);
    PL_RETURN_NOT_OK(known->Reserve(known->used_ + 1));
    KnownPlace* place = known->Slot(key.high64, key.low64);
    const bool fresh = IsFree(*place);
    if (!fresh && place->last_seen_s > Seconds(last)) return Status::OK();
    // Within one second a row that is not gone is the newer one: gone rows are
    // written for places that a whole run did not meet.
    if (!fresh && place->last_seen_s == Seconds(last) && gone && !place->gone) return Status::OK();
    if (fresh) ++known->used_;
    *place = {{key.high64, key.low64}, EtagHash(etag), IdHash(id), Seconds(first),
              Seconds(last),           gone,           false};
    return Status::OK();
  };
  PL_RETURN_NOT_OK(ForEachSource(store, sources, take));
  return known;
}

Status KnownPlaces::Reserve(size_t places) {
  size_t slots = std::max(slots_.size(), kFirstSlots);
  while (places * 10 > slots * 8) slots *= 2;
  if (slots == slots_.size()) return Status::OK();
  // The old and the new array live side by side for a moment.
  const auto bytes = static_cast<int64_t>((slots + slots_.size()) * sizeof(KnownPlace));
  if (bytes > max_bytes_ && slots > kFirstSlots) {
    return Error(
        ErrorCode::kOverBudget,
        fmt::format(
            "the lake knows more than {} places under these sources; keeping track of them takes {} of "
            "memory, {} are allowed; raise --memory or ingest fewer folders at once",
            used_, FormatByteSize(bytes), FormatByteSize(max_bytes_)));
  }
  std::vector<KnownPlace> old(slots);
  old.swap(slots_);
  for (const KnownPlace& place : old) {
    if (!IsFree(place)) *Slot(place.key[0], place.key[1]) = place;
  }
  return Status::OK();
}

KnownPlace* KnownPlaces::Slot(uint64_t high, uint64_t low) {
  const size_t mask = slots_.size() - 1;
  for (size_t i = low & mask;; i = (i + 1) & mask) {
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

bool KnownPlaces::Meet(std::string_view uri, std::string_view etag, int64_t mtime_ns) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto* place = const_cast<KnownPlace*>(Look(uri));
  if (place == nullptr) return false;
  const bool at_rest = place->met || mtime_ns / 1000000000 < int64_t{place->last_seen_s};
  place->met = true;
  return !place->gone && place->etag_hash == EtagHash(etag) && at_rest;
}

bool KnownPlaces::MeetContainer(std::string_view uri, std::string_view etag) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto* place = const_cast<KnownPlace*>(Look(uri));
  if (place == nullptr || place->gone || place->id_hash != 0 || place->etag_hash != EtagHash(etag))
    return false;
  place->met = true;
  return true;
}

bool KnownPlaces::IsFileAs(std::string_view uri, std::string_view etag) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const KnownPlace* place = Look(uri);
  return place != nullptr && !place->gone && place->id_hash != 0 && place->etag_hash == EtagHash(etag);
}

bool KnownPlaces::IsAs(std::string_view uri, std::string_view etag, std::string_view id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const KnownPlace* place = Look(uri);
  return place != nullptr && !place->gone && place->etag_hash == EtagHash(etag) &&
         place->id_hash == IdHash(id);
}

Result<int64_t> KnownPlaces::Record(std::string_view uri, std::string_view etag, std::string_view id,
                                    int64_t now_s) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const XXH128_hash_t key = KeyOf(uri);
  PL_RETURN_NOT_OK(Reserve(used_ + 1));
  KnownPlace* place = Slot(key.high64, key.low64);
  const bool same = !IsFree(*place) && place->id_hash == IdHash(id);
  const uint32_t first = same ? place->first_seen_s : static_cast<uint32_t>(now_s);
  if (IsFree(*place)) ++used_;
  *place = {{key.high64, key.low64},      EtagHash(etag), IdHash(id), first,
            static_cast<uint32_t>(now_s), false,          true};
  return int64_t{first};
}

Status KnownPlaces::ForEachNotMet(const std::shared_ptr<io::Store>& store, const table::Snapshot& sources,
                                  const std::string& root,
                                  const std::function<Status(std::string_view uri)>& each) {
  const bool all_met = std::all_of(slots_.begin(), slots_.end(), [](const KnownPlace& place) {
    return IsFree(place) || place.met || place.gone;
  });
  if (all_met) return Status::OK();
  return ForEachSource(
      store, sources,
      [&](std::string_view uri, std::string_view, std::string_view, int64_t, int64_t, bool) -> Status {
        if (!uri.starts_with(root)) return Status::OK();
        auto* place = const_cast<KnownPlace*>(Look(uri));
        if (place == nullptr || place->met || place->gone) return Status::OK();
        const KnownPlace* container = Look(uri.substr(0, uri.find('#')));
        if (container != nullptr && container->met) return Status::OK();
        place->gone = true;  // each uri once
        return each(uri);
      });
}

}  // namespace pixlake::ingest
