#include <algorithm>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <parquet/xxhasher.h>

#include "file/page/bloom_filters_internal.h"

namespace pixlake::file {
namespace {

constexpr double kFalsePositives = 0.01;

template <typename Texts>
void Hash(const Texts& texts, int64_t offset, int64_t length, std::vector<uint64_t>* hashes) {
  const parquet::XxHasher hasher;
  for (int64_t i = offset; i < offset + length; ++i) {
    if (texts.IsValid(i)) hashes->push_back(hasher.Hash(texts.GetView(i)));
  }
}

}  // namespace

Result<BloomFilters> BloomFilters::Make(const arrow::Schema& schema,
                                        const std::vector<std::string>& columns) {
  BloomFilters filters;
  for (const std::string& column : columns) {
    const int field = schema.GetFieldIndex(column);
    if (field < 0 || !arrow::is_string(schema.field(field)->type()->id()))
      return Error(ErrorCode::kUsage, "a bloom filter needs a column of text; '" + column + "' is none");
    filters.hashes_[field] = {};
  }
  return filters;
}

void BloomFilters::Add(int field, const arrow::Array& values, int64_t offset, int64_t length) {
  const auto found = hashes_.find(field);
  if (found == hashes_.end()) return;
  if (values.type_id() == arrow::Type::LARGE_STRING) {
    Hash(static_cast<const arrow::LargeStringArray&>(values), offset, length, &found->second);
  } else {
    Hash(static_cast<const arrow::StringArray&>(values), offset, length, &found->second);
  }
}

void BloomFilters::CloseRowGroup() {
  for (auto& [field, hashes] : hashes_) {
    std::sort(hashes.begin(), hashes.end());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
    auto filter = std::make_unique<parquet::BlockSplitBloomFilter>();
    filter->Init(parquet::BlockSplitBloomFilter::OptimalNumOfBytes(hashes.size(), kFalsePositives));
    for (const uint64_t hash : hashes) filter->InsertHash(hash);
    filters_.push_back({row_groups_, field, std::move(filter)});
    hashes.clear();
  }
  ++row_groups_;
}

Result<parquet::IndexLocations> BloomFilters::WriteTo(arrow::io::OutputStream* file,
                                                      const std::vector<int>& leaves) const {
  parquet::IndexLocations locations;
  for (const Filter& filter : filters_) {
    PL_ASSIGN_OR_RETURN(const int64_t start, file->Tell());
    filter.filter->WriteTo(file);
    PL_ASSIGN_OR_RETURN(const int64_t end, file->Tell());
    locations.push_back({{filter.row_group, leaves[static_cast<size_t>(filter.field)]},
                         {start, static_cast<int32_t>(end - start)}});
  }
  return locations;
}

}  // namespace pixlake::file
