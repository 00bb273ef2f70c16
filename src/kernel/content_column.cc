#include "kernel/content_column.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <fmt/format.h>

namespace pixlake::kernel {

Result<ContentColumn> ContentColumn::Make(std::shared_ptr<arrow::Array> array) {
  if (array == nullptr) return ContentColumn(nullptr, Layout::kNone);
  switch (array->type_id()) {
    case arrow::Type::BINARY:
    case arrow::Type::STRING:
      return ContentColumn(std::move(array), Layout::kSmall);
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::LARGE_STRING:
      return ContentColumn(std::move(array), Layout::kLarge);
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::STRING_VIEW:
      return ContentColumn(std::move(array), Layout::kView);
    default:
      return Error(ErrorCode::kSchemaMismatch,
                   fmt::format("expected a column of bytes, found {}", array->type()->ToString()));
  }
}

std::string_view ContentColumn::View(int64_t row) const {
  switch (layout_) {
    case Layout::kSmall:
      return static_cast<const arrow::BinaryArray&>(*array_).GetView(row);
    case Layout::kLarge:
      return static_cast<const arrow::LargeBinaryArray&>(*array_).GetView(row);
    case Layout::kView:
      return static_cast<const arrow::BinaryViewArray&>(*array_).GetView(row);
    case Layout::kNone:
      break;
  }
  return {};
}

std::optional<std::span<const uint8_t>> ContentColumn::Bytes(int64_t row) const {
  if (array_ == nullptr || array_->IsNull(row)) return std::nullopt;
  const std::string_view view = View(row);
  return std::span(reinterpret_cast<const uint8_t*>(view.data()), view.size());
}

std::string_view ContentColumn::Text(int64_t row) const {
  return array_ == nullptr || array_->IsNull(row) ? std::string_view() : View(row);
}

Result<std::shared_ptr<arrow::Array>> ViewsOf(std::span<const std::span<const uint8_t>> contents,
                                              std::span<const std::shared_ptr<arrow::Buffer>> owners) {
  using View = arrow::BinaryViewType::c_type;
  const auto rows = static_cast<int64_t>(contents.size());
  PL_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> views,
                      arrow::AllocateBuffer(rows * static_cast<int64_t>(sizeof(View))));
  PL_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> valid, arrow::AllocateEmptyBitmap(rows));
  auto* out = reinterpret_cast<View*>(views->mutable_data());
  int64_t nulls = 0;
  size_t near = 0;  // contents of one owner mostly follow one another
  for (int64_t row = 0; row < rows; ++row) {
    const std::span<const uint8_t> bytes = contents[static_cast<size_t>(row)];
    out[row] = View{};
    if (bytes.data() == nullptr) {
      ++nulls;
      continue;
    }
    arrow::bit_util::SetBit(valid->mutable_data(), row);
    if (bytes.size() <= arrow::BinaryViewType::kInlineSize) {
      out[row].inlined.size = static_cast<int32_t>(bytes.size());
      std::copy(bytes.begin(), bytes.end(), out[row].inlined.data.begin());
      continue;
    }
    const auto holds = [&](size_t owner) {
      return bytes.data() >= owners[owner]->data() &&
             bytes.data() + bytes.size() <= owners[owner]->data() + owners[owner]->size();
    };
    for (size_t tried = 0; tried < owners.size() && !holds(near); ++tried) near = (near + 1) % owners.size();
    constexpr auto kMost = static_cast<int64_t>(std::numeric_limits<int32_t>::max());
    const int64_t offset = near < owners.size() && holds(near) ? bytes.data() - owners[near]->data() : -1;
    if (offset < 0 || offset > kMost || bytes.size() > static_cast<size_t>(kMost))
      return Error(ErrorCode::kUsage,
                   fmt::format("a content of {} bytes lies in none of its buffers", bytes.size()));
    out[row].ref.size = static_cast<int32_t>(bytes.size());
    std::copy_n(bytes.begin(), arrow::BinaryViewType::kPrefixSize, out[row].ref.prefix.begin());
    out[row].ref.buffer_index = static_cast<int32_t>(near);
    out[row].ref.offset = static_cast<int32_t>(offset);
  }
  arrow::BufferVector buffers = {nulls > 0 ? valid : nullptr, std::move(views)};
  buffers.insert(buffers.end(), owners.begin(), owners.end());
  return arrow::MakeArray(arrow::ArrayData::Make(arrow::binary_view(), rows, std::move(buffers), nulls));
}

}  // namespace pixlake::kernel
