#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "file/list/record_reader_internal.h"

namespace pixlake::file {
namespace {

constexpr int64_t kFill = int64_t{1} << 20;

bool IsBreak(char c) {
  return c == '\n' || c == '\r';
}

}  // namespace

RecordReader::RecordReader(std::shared_ptr<arrow::io::InputStream> text, std::string name, char delimiter,
                           bool quoted, int64_t first_line)
    : stream_(std::move(text)),
      name_(std::move(name)),
      delimiter_(delimiter),
      quoted_(quoted),
      next_line_(first_line) {}

Result<bool> RecordReader::Fill() {
  if (ended_) return false;
  PL_RETURN_NOT_OK(CheckStopped());
  buffer_.erase(0, begin_);
  begin_ = 0;
  const size_t had = buffer_.size();
  buffer_.resize(had + static_cast<size_t>(kFill));
  const auto got = stream_->Read(kFill, buffer_.data() + had);
  buffer_.resize(had + static_cast<size_t>(got.ok() ? *got : 0));
  if (!got.ok()) {
    if (got.status().IsIOError()) return WithContext(got.status(), "reading " + name_);
    return Error(ErrorCode::kCorrupt, fmt::format("reading {}: {}", name_, got.status().message()));
  }
  ended_ = *got == 0;
  return !ended_;
}

// Empty lines are no records, but lines.
void RecordReader::SkipBreaks() {
  while (begin_ < buffer_.size() && IsBreak(buffer_[begin_])) {
    const char c = buffer_[begin_++];
    if (!(c == '\n' && after_return_)) ++next_line_;
    after_return_ = c == '\r';
  }
}

Result<bool> RecordReader::Next() {
  values_.clear();
  unquoted_.clear();
  problem_.clear();
  while (true) {
    SkipBreaks();
    if (begin_ < buffer_.size()) break;
    PL_ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) return false;
  }
  after_return_ = false;
  line_ = next_line_;
  while (true) {
    const Parsed parsed = Parse();
    if (parsed == Parsed::kRecord) {
      Consume(end_);
      return true;
    }
    const bool may_grow = parsed == Parsed::kNeedsMore && !ended_ && buffer_.size() - begin_ <= kMostBytes;
    if (may_grow) {
      PL_RETURN_NOT_OK(Fill().status());
      continue;
    }
    const auto first = std::find_if(buffer_.begin() + static_cast<ptrdiff_t>(begin_), buffer_.end(), IsBreak);
    if (first == buffer_.end() && !ended_) {
      return Error(ErrorCode::kCorrupt,
                   fmt::format("{}: line {} has more than {} bytes; expected a list of places, line by line",
                               name_, line_, kMostBytes));
    }
    problem_ = fmt::format(
        "{}: line {} opens a quote that is not closed before the next value; --quote none reads quotes as "
        "any other letter",
        name_, line_);
    values_.clear();
    Consume(static_cast<size_t>(first - buffer_.begin()));
    return true;
  }
}

// The break at the end stays; SkipBreaks counts it.
void RecordReader::Consume(size_t end) {
  text_ = std::string_view(buffer_).substr(begin_, end - begin_);
  for (size_t i = begin_; i < end; ++i) {
    if (buffer_[i] == '\n' || (buffer_[i] == '\r' && (i + 1 == end || buffer_[i + 1] != '\n'))) ++next_line_;
  }
  begin_ = end;
}

RecordReader::Parsed RecordReader::Parse() {
  values_.clear();
  unquoted_.clear();
  const std::string_view text(buffer_);
  size_t at = begin_;
  while (true) {
    if (quoted_ && at < text.size() && text[at] == '"') {
      const Parsed parsed = TakeQuoted(&at);
      if (parsed != Parsed::kRecord) return parsed;
    } else {
      size_t end = at;
      while (end < text.size() && text[end] != delimiter_ && !IsBreak(text[end])) ++end;
      if (end == text.size() && !ended_) return Parsed::kNeedsMore;
      values_.push_back(text.substr(at, end - at));
      at = end;
    }
    if (at == text.size() || IsBreak(text[at])) {
      end_ = at;
      return Parsed::kRecord;
    }
    ++at;
  }
}

// RFC 4180, 2.5 to 2.7; blanks between the closing quote and the delimiter are let pass.
RecordReader::Parsed RecordReader::TakeQuoted(size_t* at) {
  const std::string_view text(buffer_);
  size_t from = *at + 1;
  std::string* joined = nullptr;
  while (true) {
    const size_t quote = text.find('"', from);
    // The byte behind it tells whether it is doubled.
    if (quote == std::string_view::npos || (quote + 1 == text.size() && !ended_)) {
      return Parsed::kNeedsMore;
    }
    const bool doubled = quote + 1 < text.size() && text[quote + 1] == '"';
    if (doubled || joined != nullptr) {
      if (joined == nullptr) joined = &unquoted_.emplace_back();
      joined->append(text.substr(from, quote + (doubled ? 1 : 0) - from));
    }
    if (doubled) {
      from = quote + 2;
      continue;
    }
    values_.push_back(joined != nullptr ? std::string_view(*joined) : text.substr(from, quote - from));
    size_t end = quote + 1;
    while (end < text.size() && text[end] == ' ' && delimiter_ != ' ') ++end;
    if (end == text.size() && !ended_) return Parsed::kNeedsMore;
    if (end < text.size() && text[end] != delimiter_ && !IsBreak(text[end])) return Parsed::kBadQuote;
    *at = end;
    return Parsed::kRecord;
  }
}

}  // namespace pixlake::file
