#include "query/text/edited_text.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

namespace pixlake::query {
namespace {

// Of a long line that much is quoted around the place.
constexpr size_t kQuoted = 120;

bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

// Of two texts that much is compared around a place.
constexpr size_t kCompared = 200;

bool IsWordByte(char byte) {
  return std::isalnum(static_cast<unsigned char>(byte)) != 0 || byte == '_' ||
         static_cast<unsigned char>(byte) >= 0x80;
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

std::optional<size_t> EditedText::TypedPlace(size_t position) const {
  const std::string_view made = original_;
  const std::string_view typed = typed_;
  if (position >= made.size()) return std::nullopt;
  size_t word = 1;
  while (IsWordByte(made[position]) && position + word < made.size() && IsWordByte(made[position + word]))
    ++word;
  std::optional<size_t> best;
  size_t best_length = 0;
  for (size_t at = typed.find(made.substr(position, word)); at != std::string_view::npos;
       at = typed.find(made.substr(position, word), at + 1)) {
    const bool within = at > 0 && IsWordByte(made[position]) && IsWordByte(typed[at - 1]);
    size_t after = word;
    while (after < kCompared && position + after < made.size() && at + after < typed.size() &&
           made[position + after] == typed[at + after])
      ++after;
    size_t before = 0;
    while (before < kCompared && before < position && before < at &&
           made[position - before - 1] == typed[at - before - 1])
      ++before;
    // A bracket or a comma stands everywhere.
    const bool tells = IsWordByte(made[position]) || before + after > 3;
    if (within || !tells || before + after <= best_length) continue;
    best = at;
    best_length = before + after;
  }
  return best;
}

bool EditedText::IsTyped(size_t position) const {
  return typed_.empty() || TypedPlace(OriginalPosition(position)).has_value();
}

std::string EditedText::Quote(size_t position) const {
  const std::string_view all = typed_.empty() ? original_ : typed_;
  size_t at = OriginalPosition(position);
  if (!typed_.empty()) {
    std::optional<size_t> place = TypedPlace(at);
    if (!place) {
      size_t last = std::min(at, original_.size());
      while (last > 0 && !(place = TypedPlace(last - 1))) --last;
      if (!place) return {};
      ++*place;
    }
    at = *place;
  }
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
