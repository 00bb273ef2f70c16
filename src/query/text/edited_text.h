// SQL as it was typed and as it is run.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pixlake::query {

// One replacement in a text, of the bytes from `begin` up to `end`.
struct TextEdit {
  size_t begin = 0;
  size_t end = 0;
  std::string text;
};

// A text that remembers what it was, so that errors can quote that.
class EditedText {
 public:
  explicit EditedText(std::string original);

  const std::string& text() const { return text_; }
  const std::string& original() const { return original_; }

  // `edits` are of text() as it is now, in order and apart from one another.
  void Apply(const std::vector<TextEdit>& edits);
  // Keeps the bytes from `begin` up to `end`.
  void Cut(size_t begin, size_t end);

  // Where in original() a byte of text() comes from; of what was put in: where it was put.
  size_t OriginalPosition(size_t position) const;

  // original() was made of parts of `typed`, which is what is quoted then.
  void MadeOf(std::string typed) { typed_ = std::move(typed); }
  // False where the byte of text() at `position` stands in nothing that was typed.
  bool IsTyped(size_t position) const;

  // "LINE 2: SELECT nope" and a mark under the byte of text() at `position`, out of the original;
  // of what nobody typed: behind what was typed last before it. Empty: there is nothing.
  std::string Quote(size_t position) const;

 private:
  // A stretch of text_ up to the next one.
  struct Piece {
    size_t begin = 0;     // in text_
    size_t original = 0;  // where it, or what it replaces, begins
    bool copied = true;
  };
  // What stands at `position`.
  Piece PieceAt(size_t position) const;
  // Where in typed_ the word of original_ at `position` stands; nullopt: nowhere.
  std::optional<size_t> TypedPlace(size_t position) const;

  std::string original_;
  std::string text_;
  std::string typed_;  // empty: original_ is
  std::vector<Piece> pieces_;
};

}  // namespace pixlake::query
