#include "query/text/edited_text.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace pixlake::query {
namespace {

// Of a long line that much is quoted around the place.
constexpr size_t kQuoted = 120;

bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

size_t CharactersIn(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !IsContinuation(c); }));
}

}  // namespace

EditedText::EditedText(std::string original) : original_(std::move(original)), text_(original_) {
  pieces_.push_back({0, 0, true});
}

EditedText::Piece EditedText::PieceAt(size_t position) const {
  const auto next = std::upper_bound(pieces_.begin(), pieces_.end(), position,
                                     [](size_t at, const Piece& piece) { return at < piece.begin; });
  Piece piece = *std::prev(next);
  if (piece.copied) piece.original += position - piece.begin;
  piece.begin = position;
  return piece;
}

void EditedText::Apply(const std::vector<TextEdit>& edits) {
  std::string text;
  std::vector<Piece> pieces;
  const auto copy = [&](size_t begin, size_t end) {
    for (size_t at = begin; at < end;) {
      Piece piece = PieceAt(at);
      const auto next =
          std::upper_bound(pieces_.begin(), pieces_.end(), at,
                           [](size_t place, const Piece& other) { return place < other.begin; });
      const size_t stop = next == pieces_.end() ? end : std::min(end, next->begin);
      piece.begin = text.size();
      pieces.push_back(piece);
      text.append(text_, at, stop - at);
      at = stop;
    }
  };
  size_t copied = 0;
  for (const TextEdit& edit : edits) {
    copy(copied, edit.begin);
    pieces.push_back({text.size(), OriginalPosition(edit.begin), false});
    text += edit.text;
    copied = edit.end;
  }
  copy(copied, text_.size());
  if (pieces.empty()) pieces.push_back({0, 0, true});
  text_ = std::move(text);
  pieces_ = std::move(pieces);
}

void EditedText::Cut(size_t begin, size_t end) {
  std::vector<TextEdit> edits;
  if (begin > 0) edits.push_back({0, begin, ""});
  if (end < text_.size()) edits.push_back({end, text_.size(), ""});
  if (!edits.empty()) Apply(edits);
}

size_t EditedText::OriginalPosition(size_t position) const {
  return std::min(PieceAt(position).original, original_.size());
}

std::string EditedText::Quote(size_t position) const {
  const std::string_view all = original_;
  const size_t at = OriginalPosition(position);
  const auto number = std::count(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
  const size_t before = at == 0 ? std::string_view::npos : all.rfind('\n', at - 1);
  size_t begin = before == std::string_view::npos ? 0 : before + 1;
  size_t end = std::min(all.find('\n', at), all.size());
  std::string prefix = fmt::format("LINE {}: ", number);
  std::string_view suffix;
  if (at - begin > kQuoted / 2 && end - begin > kQuoted) {
    begin = at - kQuoted / 2;
    while (begin < at && IsContinuation(all[begin])) ++begin;
    prefix += "...";
  }
  if (end - begin > kQuoted) {
    end = begin + kQuoted;
    while (end > at && IsContinuation(all[end])) --end;
    suffix = "...";
  }
  const size_t column = prefix.size() + CharactersIn(all.substr(begin, at - begin));
  return fmt::format("{}{}{}\n{}^", prefix, all.substr(begin, end - begin), suffix, std::string(column, ' '));
}

}  // namespace pixlake::query
