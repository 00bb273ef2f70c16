#include <algorithm>
#include <functional>
#include <map>
#include <span>
#include <utility>

#include <arrow/api.h>
#include <arrow/util/utf8.h>
#include <fmt/format.h>

#include "ingest/lake/row_builder_internal.h"
#include "kernel/content_column.h"

namespace pixlake::ingest {
namespace {

using Contents = std::vector<const Content*>;
using ArrayResult = Result<std::shared_ptr<arrow::Array>>;

std::shared_ptr<arrow::DataType> Time() {
  return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
}

// `value` gives the text of a row; nullopt null.
template <typename Row, typename F>
ArrayResult Strings(const std::vector<Row>& rows, F&& value) {
  arrow::StringBuilder builder;
  PL_RETURN_NOT_OK(builder.Reserve(static_cast<int64_t>(rows.size())));
  for (const Row& row : rows) {
    const auto text = value(row);
    PL_RETURN_NOT_OK(text ? builder.Append(*text) : builder.AppendNull());
  }
  return builder.Finish();
}

template <typename Builder, typename Row, typename F>
ArrayResult Numbers(Builder builder, const std::vector<Row>& rows, F&& value) {
  PL_RETURN_NOT_OK(builder.Reserve(static_cast<int64_t>(rows.size())));
  for (const Row& row : rows) {
    const auto number = value(row);
    PL_RETURN_NOT_OK(number ? builder.Append(*number) : builder.AppendNull());
  }
  return builder.Finish();
}

arrow::TimestampBuilder TimeBuilder() {
  return {Time(), arrow::default_memory_pool()};
}

// Views of where the contents lie, whatever was left out between them; null what was not read.
ArrayResult ContentViews(const Contents& contents) {
  static const uint8_t nothing = 0;
  std::vector<std::span<const uint8_t>> views;
  std::vector<std::shared_ptr<arrow::Buffer>> owners;
  const uint8_t* first = nullptr;  // of those in the batch's arena
  const uint8_t* end = nullptr;
  for (const Content* content : contents) {
    const std::span<const uint8_t> bytes = content->bytes;
    const bool here = !content->id.empty();
    views.push_back(!here                     ? std::span<const uint8_t>()
                    : bytes.data() == nullptr ? std::span(&nothing, 0)
                                              : bytes);
    if (!here || bytes.empty()) continue;
    if (content->owner != nullptr) {
      owners.push_back(content->owner);
    } else {
      first = first == nullptr ? bytes.data() : std::min(first, bytes.data());
      end = std::max(end, bytes.data() + bytes.size());
    }
  }
  // Borrowed: the writer keeps no reference to a batch.
  if (first != nullptr) owners.insert(owners.begin(), std::make_shared<arrow::Buffer>(first, end - first));
  return kernel::ViewsOf(views, owners);
}

ArrayResult ImageFacts(const std::shared_ptr<arrow::DataType>& type, const Contents& contents) {
  const auto number = [&](auto member) {
    return Numbers(arrow::Int32Builder(), contents, [member](const Content* c) -> std::optional<int32_t> {
      return static_cast<int32_t>((*c->header).*member);
    });
  };
  PL_ASSIGN_OR_RETURN(auto width, number(&image::ImageHeader::width));
  PL_ASSIGN_OR_RETURN(auto height, number(&image::ImageHeader::height));
  PL_ASSIGN_OR_RETURN(auto channels, number(&image::ImageHeader::channels));
  PL_ASSIGN_OR_RETURN(auto format, Strings(contents, [](const Content* c) -> std::optional<std::string_view> {
                        return image::FormatName(c->header->format);
                      }));
  PL_ASSIGN_OR_RETURN(auto depth, number(&image::ImageHeader::bit_depth));
  return arrow::StructArray::Make({width, height, channels, format, depth}, type->fields());
}

using ColumnMaker = std::function<ArrayResult(const Contents&, const RowContext&, const arrow::Field&)>;
using Text = std::optional<std::string>;
using Number = std::optional<int64_t>;

ColumnMaker TextColumn(std::function<Text(const Content&)> value) {
  return [value = std::move(value)](const Contents& contents, const RowContext&, const arrow::Field&) {
    return Strings(contents, [&](const Content* content) { return value(*content); });
  };
}

ColumnMaker NumberColumn(std::function<Number(const Content&)> value) {
  return [value = std::move(value)](const Contents& contents, const RowContext&, const arrow::Field&) {
    return Numbers(arrow::Int64Builder(), contents, [&](const Content* content) { return value(*content); });
  };
}

ColumnMaker NowColumn() {
  return [](const Contents& contents, const RowContext& context, const arrow::Field&) {
    return Numbers(TimeBuilder(), contents, [&](const Content*) -> Number { return context.now_us; });
  };
}

Text NonEmpty(const std::string& text) {
  return text.empty() ? Text() : Text(text);
}

Number MicrosOf(int64_t nanos) {
  return nanos == 0 ? Number() : Number(nanos / 1000);
}

// How each column of the raw tables is made, by name.
const std::map<std::string, ColumnMaker>& Makers() {
  static const std::map<std::string, ColumnMaker> makers = {
      {"id", TextColumn([](const Content& c) { return NonEmpty(c.id); })},
      {"filename", TextColumn([](const Content& c) { return Text(ValidUtf8(c.item.filename)); })},
      {"content",
       [](const Contents& contents, const RowContext& context, const arrow::Field& field) -> ArrayResult {
         if (context.content_uri.empty()) return ContentViews(contents);
         return arrow::MakeArrayOfNull(field.type(), static_cast<int64_t>(contents.size()));
       }},
      {"mime_type", TextColumn([](const Content& c) { return NonEmpty(c.mime_type); })},
      {"size",
       NumberColumn([](const Content& c) { return c.item.size < 0 ? Number() : Number(c.item.size); })},
      {"created_at",
       [](const Contents& contents, const RowContext&, const arrow::Field&) {
         return Numbers(TimeBuilder(), contents, [](const Content* c) { return MicrosOf(c->item.mtime_ns); });
       }},
      {"metadata", [](const Contents& contents, const RowContext&,
                      const arrow::Field& field) { return ImageFacts(field.type(), contents); }},
      {"ingestion_time", NowColumn()},
      {"quarantined_at", NowColumn()},
      {"verdict", TextColumn([](const Content& c) { return Text(image::VerdictName(c.judgement.verdict)); })},
      {"message", TextColumn([](const Content& c) { return Text(ValidUtf8(c.judgement.message)); })},
      {"offset", NumberColumn([](const Content& c) {
         return c.judgement.offset < 0 ? Number() : Number(c.judgement.offset);
       })},
      {"attempts",
       [](const Contents& contents, const RowContext&, const arrow::Field&) {
         return Numbers(arrow::Int32Builder(), contents,
                        [](const Content* c) { return std::optional<int32_t>(c->attempts); });
       }},
      {"source", TextColumn([](const Content& c) { return Text(c.item.uri); })},
      {"label",
       TextColumn([](const Content& c) { return c.item.label ? Text(ValidUtf8(*c.item.label)) : Text(); })},
      {"content_uri",
       [](const Contents& contents, const RowContext& context, const arrow::Field&) {
         return Strings(contents, [&](const Content*) { return NonEmpty(context.content_uri); });
       }},
  };
  return makers;
}

template <typename T>
std::optional<T> Unless(bool missing, T value) {
  return missing ? std::optional<T>() : std::optional<T>(value);
}

}  // namespace

std::string ValidUtf8(std::string_view text) {
  // Until its table is filled, Arrow finds everything valid.
  static const bool filled = (arrow::util::InitializeUTF8(), true);
  (void)filled;
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  if (arrow::util::ValidateUTF8(bytes, static_cast<int64_t>(text.size()))) return std::string(text);
  std::string valid;
  for (size_t i = 0; i < text.size();) {
    size_t length = 1;
    while (length <= 4 && i + length <= text.size() &&
           !arrow::util::ValidateUTF8(bytes + i, static_cast<int64_t>(length))) {
      ++length;
    }
    if (length <= 4 && i + length <= text.size()) {
      valid.append(text.substr(i, length));
      i += length;
    } else {
      valid += "\xEF\xBF\xBD";
      ++i;
    }
  }
  return valid;
}

Result<std::shared_ptr<arrow::RecordBatch>> BuildRows(const std::shared_ptr<arrow::Schema>& schema,
                                                      const std::vector<const Content*>& contents,
                                                      const RowContext& context) {
  arrow::ArrayVector columns;
  arrow::FieldVector fields;
  for (const auto& field : schema->fields()) {
    const auto maker = Makers().find(field->name());
    if (maker == Makers().end()) {
      return Error(
          ErrorCode::kSchemaMismatch,
          fmt::format("the table has a column `{}` that ingest does not know how to fill", field->name()));
    }
    PL_ASSIGN_OR_RETURN(auto column, maker->second(contents, context, *field));
    fields.push_back(field->WithType(column->type()));  // contents are views
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), static_cast<int64_t>(contents.size()),
                                  std::move(columns));
}

Result<std::shared_ptr<arrow::RecordBatch>> BuildPlaceRows(const std::shared_ptr<arrow::Schema>& schema,
                                                           const std::vector<PlaceRow>& rows) {
  using View = std::optional<std::string_view>;
  const auto text = [&](auto value) { return Strings(rows, value); };
  const auto time = [&](auto value) { return Numbers(TimeBuilder(), rows, value); };
  arrow::ArrayVector columns(10);
  PL_ASSIGN_OR_RETURN(columns[0], text([](const PlaceRow& r) { return View(r.uri); }));
  PL_ASSIGN_OR_RETURN(columns[1], text([](const PlaceRow& r) { return Unless(r.etag.empty(), r.etag); }));
  PL_ASSIGN_OR_RETURN(columns[2], Numbers(arrow::Int64Builder(), rows,
                                          [](const PlaceRow& r) { return Unless(r.size < 0, r.size); }));
  PL_ASSIGN_OR_RETURN(columns[3], time([](const PlaceRow& r) { return MicrosOf(r.mtime_ns); }));
  PL_ASSIGN_OR_RETURN(columns[4], text([](const PlaceRow& r) { return Unless(r.id.empty(), r.id); }));
  PL_ASSIGN_OR_RETURN(columns[5], text([](const PlaceRow& r) { return Unless(r.table.empty(), r.table); }));
  PL_ASSIGN_OR_RETURN(columns[6], text([](const PlaceRow& r) {
                        return r.has_label ? std::optional(ValidUtf8(r.label)) : std::nullopt;
                      }));
  PL_ASSIGN_OR_RETURN(columns[7],
                      text([](const PlaceRow& r) { return Unless(r.attributes.empty(), r.attributes); }));
  PL_ASSIGN_OR_RETURN(columns[8], time([](const PlaceRow& r) { return Number(r.first_seen_us); }));
  PL_ASSIGN_OR_RETURN(columns[9], time([](const PlaceRow& r) { return Number(r.last_seen_us); }));
  PL_ASSIGN_OR_RETURN(auto gone, Numbers(arrow::BooleanBuilder(), rows,
                                         [](const PlaceRow& r) { return std::optional<bool>(r.gone); }));
  columns.push_back(std::move(gone));
  PL_ASSIGN_OR_RETURN(columns.emplace_back(), Numbers(arrow::Int32Builder(), rows, [](const PlaceRow& r) {
                        return Unless(r.attempts == 0, r.attempts);
                      }));
  PL_ASSIGN_OR_RETURN(columns.emplace_back(), text([](const PlaceRow& r) {
                        return r.problem.empty() ? std::nullopt : std::optional(ValidUtf8(r.problem));
                      }));
  auto batch = arrow::RecordBatch::Make(schema, static_cast<int64_t>(rows.size()), std::move(columns));
  PL_RETURN_NOT_OK(batch->Validate());
  return batch;
}

}  // namespace pixlake::ingest
