#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>

#include "base/memory/byte_size.h"
#include "query/result/table_box_internal.h"
#include "query/result/value_format_internal.h"

namespace pixlake::query {
namespace {

using Cells = std::vector<std::string>;

// Without a row limit, the widths are settled by this many rows.
constexpr size_t kSampledRows = 10000;
constexpr int kNarrowest = 4;
constexpr size_t kLongestCell = 500;  // bytes of a value that are looked at

struct Range {
  uint32_t first;
  uint32_t last;
};

// Unicode 15: East Asian Wide and Fullwidth, emoji.
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x231A, 0x231B},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
                           {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xAC00, 0xD7A3},
                           {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
                           {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
// Combining marks, zero-width joiners, variation selectors.
constexpr Range kZero[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x064B, 0x065F},
                           {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF},
                           {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

template <size_t N>
bool Within(const Range (&ranges)[N], uint32_t code) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [&](const Range& range) { return code >= range.first && code <= range.last; });
}

// Bytes of the UTF-8 sequence at the front of `text` (1 for a stray byte) and its code point.
std::pair<size_t, uint32_t> NextCodePoint(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (length == 1 || length > text.size()) return {1, lead};
  uint32_t code = lead & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i) code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  return {length, code};
}

int WidthOf(uint32_t code) {
  if (Within(kZero, code)) return 0;
  return Within(kWide, code) ? 2 : 1;
}

std::string Repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

// One line per cell: what would move the cursor is shown as its escape.
std::string OneLine(std::string_view text) {
  std::string out;
  for (char c : text.substr(0, kLongestCell)) {
    if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out;
}

int64_t BlobSize(const arrow::Array& array, int64_t row) {
  switch (array.type_id()) {
    case arrow::Type::BINARY:
      return static_cast<const arrow::BinaryArray&>(array).value_length(row);
    case arrow::Type::LARGE_BINARY:
      return static_cast<const arrow::LargeBinaryArray&>(array).value_length(row);
    case arrow::Type::BINARY_VIEW:
      return static_cast<int64_t>(static_cast<const arrow::BinaryViewArray&>(array).GetView(row).size());
    default:
      return static_cast<const arrow::FixedSizeBinaryArray&>(array).byte_width();
  }
}

std::string Cell(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return "NULL";
  if (IsBlob(*array.type())) return "<blob " + FormatByteSize(BlobSize(array, row)) + ">";
  std::string text;
  AppendPlain(array, row, &text);
  return OneLine(text);
}

Cells RowCells(const arrow::RecordBatch& batch, int64_t row) {
  Cells cells;
  for (const auto& column : batch.columns()) cells.push_back(Cell(*column, row));
  return cells;
}

class Box {
 public:
  Box(const arrow::Schema& schema, int max_width) : max_width_(max_width) {
    for (const auto& field : schema.fields()) {
      names_.push_back(OneLine(field->name()));
      types_.push_back(DuckDbTypeName(*field->type()));
      right_.push_back(IsNumber(*field->type()));
      widths_.push_back(
          std::max({DisplayWidth(names_.back()), std::min(DisplayWidth(types_.back()), 24), kNarrowest}));
    }
  }

  void Measure(const Cells& cells) {
    for (size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], DisplayWidth(cells[i]));
  }

  // Cuts the widest columns until the box fits.
  void Settle() {
    if (max_width_ <= 0) return;
    for (;;) {
      int total = 1;
      for (int width : widths_) total += width + 3;
      const auto widest = std::max_element(widths_.begin(), widths_.end());
      if (total <= max_width_ || widest == widths_.end() || *widest <= kNarrowest) return;
      --*widest;
    }
  }

  std::string Top() const {
    std::string out = Rule("┌", "┬", "┐") + Line(names_, /*is_header=*/true) + Line(types_, true);
    return out + Rule("├", "┼", "┤");
  }
  std::string Bottom() const { return Rule("└", "┴", "┘"); }
  std::string Dots() const { return Line(Cells(names_.size(), "·"), true); }
  std::string Row(const Cells& cells) const { return Line(cells, false); }

 private:
  std::string Rule(std::string_view left, std::string_view middle, std::string_view right) const {
    std::string out(left);
    for (size_t i = 0; i < widths_.size(); ++i) {
      if (i > 0) out += middle;
      out += Repeat("─", widths_[i] + 2);
    }
    return out + std::string(right) + "\n";
  }

  std::string Line(const Cells& cells, bool is_header) const {
    std::string out = "│";
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string text = FitToWidth(cells[i], widths_[i]);
      const int spare = widths_[i] - DisplayWidth(text);
      const int before = is_header ? spare / 2 : right_[i] ? spare : 0;
      out += " " + std::string(static_cast<size_t>(before), ' ') + text +
             std::string(static_cast<size_t>(spare - before), ' ') + " │";
    }
    return out + "\n";
  }

  int max_width_;
  Cells names_;
  Cells types_;
  std::vector<bool> right_;
  std::vector<int> widths_;
};

std::string Grouped(int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

std::string Footer(int64_t rows, int64_t shown) {
  std::string text = Grouped(rows) + (rows == 1 ? " row" : " rows");
  if (shown < rows) text += " (" + Grouped(shown) + " shown)";
  return text + "\n";
}

// Keeps the first and the last rows of all.
Result<int64_t> WriteEnds(arrow::RecordBatchReader* rows, int64_t max_rows, Box* box,
                          arrow::io::OutputStream* out) {
  const auto head_size = static_cast<size_t>((max_rows + 1) / 2);
  const auto tail_size = static_cast<size_t>(max_rows / 2);
  std::vector<Cells> head;
  std::deque<Cells> tail;
  int64_t count = 0;
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    PL_RETURN_NOT_OK(rows->ReadNext(&batch));
    if (batch == nullptr) break;
    count += batch->num_rows();
    int64_t row = 0;
    for (; row < batch->num_rows() && head.size() < head_size; ++row) head.push_back(RowCells(*batch, row));
    row = std::max(row, batch->num_rows() - static_cast<int64_t>(tail_size));
    for (; row < batch->num_rows(); ++row) tail.push_back(RowCells(*batch, row));
    while (tail.size() > tail_size) tail.pop_front();
  }
  for (const Cells& cells : head) box->Measure(cells);
  for (const Cells& cells : tail) box->Measure(cells);
  box->Settle();
  std::string text = box->Top();
  for (const Cells& cells : head) text += box->Row(cells);
  const auto shown = static_cast<int64_t>(head.size() + tail.size());
  if (shown < count) text += Repeat(box->Dots(), 3);
  for (const Cells& cells : tail) text += box->Row(cells);
  PL_RETURN_NOT_OK(out->Write(text + box->Bottom() + Footer(count, shown)));
  return count;
}

// Every row, as it comes, once the first ones have settled the widths.
Result<int64_t> WriteEvery(arrow::RecordBatchReader* rows, Box* box, arrow::io::OutputStream* out) {
  std::vector<Cells> sample;
  bool settled = false;
  int64_t count = 0;
  const auto settle = [&] {
    settled = true;
    box->Settle();
    std::string text = box->Top();
    for (const Cells& cells : sample) text += box->Row(cells);
    return out->Write(text);
  };
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    PL_RETURN_NOT_OK(rows->ReadNext(&batch));
    if (batch == nullptr) break;
    count += batch->num_rows();
    std::string text;
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      Cells cells = RowCells(*batch, row);
      if (settled) {
        text += box->Row(cells);
        continue;
      }
      box->Measure(cells);
      sample.push_back(std::move(cells));
      if (sample.size() == kSampledRows) PL_RETURN_NOT_OK(settle());
    }
    PL_RETURN_NOT_OK(out->Write(text));
  }
  if (!settled) PL_RETURN_NOT_OK(settle());
  PL_RETURN_NOT_OK(out->Write(box->Bottom() + Footer(count, count)));
  return count;
}

}  // namespace

int DisplayWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const auto [bytes, code] = NextCodePoint(text);
    width += WidthOf(code);
    text.remove_prefix(bytes);
  }
  return width;
}

std::string FitToWidth(std::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  std::string out;
  int used = 0;
  while (!text.empty()) {
    const auto [bytes, code] = NextCodePoint(text);
    if (used + WidthOf(code) > width - 1) break;
    used += WidthOf(code);
    out += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return out + "…";
}

Result<int64_t> WriteTableBox(arrow::RecordBatchReader* rows, const WriteOptions& options,
                              arrow::io::OutputStream* out) {
  Box box(*rows->schema(), options.max_width);
  if (options.max_rows > 0) return WriteEnds(rows, options.max_rows, &box, out);
  return WriteEvery(rows, &box, out);
}

}  // namespace pixlake::query
