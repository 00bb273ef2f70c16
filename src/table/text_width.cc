#include "table/text_width.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <arrow/api.h>
#include <arrow/util/key_value_metadata.h>
#include <arrow/util/string.h>
#include <fmt/format.h>

namespace pixlake::table {
namespace {

using arrow::DataType;
using arrow::Type;

// Longer ones are no type that anybody meant, and would fill memory with blanks.
constexpr int32_t kMostCharacters = int32_t{1} << 20;

// Reads a declared type beside the type that the column has.
class TypeTextReader {
 public:
  explicit TypeTextReader(std::string_view text) : text_(text) {}

  Result<TextWidth> Read(const DataType& type) {
    TextWidth out;
    switch (type.id()) {
      case Type::STRUCT:
        PL_RETURN_NOT_OK(Expect("struct<"));
        out.children.resize(static_cast<size_t>(type.num_fields()));
        while (!Eat(">")) {
          PL_RETURN_NOT_OK(ReadField(type, &out));
          (void)Eat(",");
        }
        return out;
      case Type::LIST: {
        PL_RETURN_NOT_OK(Expect("array<"));
        PL_ASSIGN_OR_RETURN(auto element, Read(*type.field(0)->type()));
        out.children.push_back(std::move(element));
        PL_RETURN_NOT_OK(Expect(">"));
        return out;
      }
      case Type::MAP: {
        const auto& map = static_cast<const arrow::MapType&>(type);
        PL_RETURN_NOT_OK(Expect("map<"));
        PL_ASSIGN_OR_RETURN(auto key, Read(*map.key_type()));
        PL_RETURN_NOT_OK(Expect(","));
        PL_ASSIGN_OR_RETURN(auto value, Read(*map.item_type()));
        out.children = {std::move(key), std::move(value)};
        PL_RETURN_NOT_OK(Expect(">"));
        return out;
      }
      case Type::STRING:
        out.is_char = Eat("char(");
        if (!out.is_char && !Eat("varchar(")) {
          PL_RETURN_NOT_OK(SkipType());
          return out;
        }
        PL_RETURN_NOT_OK(ReadLength(&out.length));
        PL_RETURN_NOT_OK(Expect(")"));
        return out;
      default:
        PL_RETURN_NOT_OK(SkipType());
        return out;
    }
  }

  Status ExpectEnd() const { return text_.empty() ? Status::OK() : Wrong(); }

 private:
  Status Wrong() const {
    return Error(ErrorCode::kCorrupt, fmt::format("expected another type at `{}`", text_));
  }

  bool Eat(std::string_view word) {
    if (text_.size() < word.size() ||
        !arrow::internal::AsciiEqualsCaseInsensitive(text_.substr(0, word.size()), word)) {
      return false;
    }
    text_.remove_prefix(word.size());
    return true;
  }

  Status Expect(std::string_view word) { return Eat(word) ? Status::OK() : Wrong(); }

  Status ReadLength(int32_t* length) {
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), *length);
    if (error != std::errc() || *length < 1 || *length > kMostCharacters) return Wrong();
    text_.remove_prefix(static_cast<size_t>(end - text_.data()));
    return Status::OK();
  }

  // name:type, where names may have anything in them: the longest one that stands there.
  // Fields that the column does not have are passed over.
  Status ReadField(const DataType& type, TextWidth* out) {
    int found = -1;
    size_t longest = 0;
    for (int i = 0; i < type.num_fields(); ++i) {
      const std::string& name = type.field(i)->name();
      for (const std::string& spelling : {name + ":", "`" + name + "`:"}) {
        const bool there =
            spelling.size() > longest && text_.size() >= spelling.size() &&
            arrow::internal::AsciiEqualsCaseInsensitive(text_.substr(0, spelling.size()), spelling);
        if (!there) continue;
        found = i;
        longest = spelling.size();
      }
    }
    if (found < 0) {
      const size_t colon = text_.find(':');
      if (colon == std::string_view::npos) return Wrong();
      text_.remove_prefix(colon + 1);
      return SkipType();
    }
    text_.remove_prefix(longest);
    PL_ASSIGN_OR_RETURN(out->children[static_cast<size_t>(found)], Read(*type.field(found)->type()));
    return Status::OK();
  }

  // Up to the comma or bracket that ends it.
  Status SkipType() {
    int depth = 0;
    size_t at = 0;
    for (; at < text_.size(); ++at) {
      const char c = text_[at];
      if (depth == 0 && (c == ',' || c == '>')) break;
      depth += c == '<' || c == '(' ? 1 : c == '>' || c == ')' ? -1 : 0;
    }
    if (at == 0) return Wrong();
    text_.remove_prefix(at);
    return Status::OK();
  }

  std::string_view text_;
};

// Characters of UTF-8.
int64_t CharactersOf(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

}  // namespace

bool TextWidth::any() const {
  return length > 0 ||
         std::any_of(children.begin(), children.end(), [](const TextWidth& child) { return child.any(); });
}

Result<TextWidth> TextWidthOf(const arrow::Field& field) {
  const std::string declared =
      field.metadata() == nullptr ? "" : field.metadata()->Get(kTextTypeKey).ValueOr("");
  if (declared.empty()) return TextWidth{};
  TypeTextReader reader(declared);
  auto width = reader.Read(*field.type());
  const Status status = width.ok() ? reader.ExpectEnd() : width.status();
  if (!status.ok()) {
    return WithContext(status, fmt::format("column {} was declared as `{}`", field.name(), declared));
  }
  return width;
}

std::string Padded(std::string text, int32_t length) {
  const int64_t missing = length - CharactersOf(text);
  if (missing > 0) text.append(static_cast<size_t>(missing), ' ');
  return text;
}

Result<std::shared_ptr<arrow::Array>> Padded(const std::shared_ptr<arrow::Array>& array, int32_t length) {
  if (array->type_id() != Type::STRING) return array;
  const auto& texts = static_cast<const arrow::StringArray&>(*array);
  bool fits = true;
  for (int64_t i = 0; fits && i < texts.length(); ++i) {
    fits = texts.IsNull(i) || CharactersOf(texts.GetView(i)) >= length;
  }
  if (fits) return array;
  arrow::StringBuilder out;
  for (int64_t i = 0; i < texts.length(); ++i) {
    PL_RETURN_NOT_OK(texts.IsNull(i) ? out.AppendNull() : out.Append(Padded(texts.GetString(i), length)));
  }
  return out.Finish();
}

}  // namespace pixlake::table
