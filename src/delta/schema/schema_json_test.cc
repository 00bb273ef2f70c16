#include "delta/schema/schema_json_internal.h"
#include "delta/testing_internal.h"

namespace pixlake::delta {
namespace {

using testing::FailsWith;
using testing::Must;

std::string SchemaOf(const std::string& type_json) {
  return R"({"type":"struct","fields":[{"name":"c","type":)" + type_json +
         R"(,"nullable":true,"metadata":{}}]})";
}

struct TypeCase {
  std::string json;
  std::shared_ptr<arrow::DataType> type;
};

TEST(SchemaJson, ReadsAndWritesEveryType) {
  const auto inner =
      arrow::struct_({arrow::field("a", arrow::int32(), false), arrow::field("b", arrow::utf8())});
  const std::vector<TypeCase> cases = {
      {R"("string")", arrow::utf8()},
      {R"("long")", arrow::int64()},
      {R"("integer")", arrow::int32()},
      {R"("short")", arrow::int16()},
      {R"("byte")", arrow::int8()},
      {R"("float")", arrow::float32()},
      {R"("double")", arrow::float64()},
      {R"("boolean")", arrow::boolean()},
      {R"("binary")", arrow::binary()},
      {R"("date")", arrow::date32()},
      {R"("timestamp")", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
      {R"("timestamp_ntz")", arrow::timestamp(arrow::TimeUnit::MICRO)},
      {"\"decimal(10,2)\"", arrow::decimal128(10, 2)},
      {R"({"type":"array","elementType":"long","containsNull":false})",
       arrow::list(arrow::field("element", arrow::int64(), false))},
      {R"({"type":"map","keyType":"string","valueType":"double","valueContainsNull":true})",
       arrow::map(arrow::utf8(), arrow::field("value", arrow::float64()))},
      {R"({"type":"struct","fields":[{"name":"a","type":"integer","nullable":false,"metadata":{}},)"
       R"({"name":"b","type":"string","nullable":true,"metadata":{}}]})",
       inner},
  };
  for (const TypeCase& one : cases) {
    SCOPED_TRACE(one.json);
    const auto schema = Must(SchemaFromJson(SchemaOf(one.json)));
    EXPECT_TRUE(schema->field(0)->type()->Equals(one.type)) << schema->field(0)->type()->ToString();
    EXPECT_EQ(Must(SchemaToJson(*schema)), SchemaOf(one.json));
  }
}

TEST(SchemaJson, KeepsFieldMetadataWithItsTypes) {
  const std::string text =
      R"({"type":"struct","fields":[{"name":"c","type":"long","nullable":true,"metadata":)"
      R"({"comment":"5","delta.columnMapping.id":5}}]})";
  const auto schema = Must(SchemaFromJson(text));
  EXPECT_EQ(Must(schema->field(0)->metadata()->Get("delta.columnMapping.id")), "5");
  EXPECT_EQ(Must(SchemaToJson(*schema)), text);
}

TEST(SchemaJson, ReadsDecimalsAsOtherWritersSpellThem) {
  EXPECT_TRUE(Must(PrimitiveFromName("decimal( 5 , 0 )"))->Equals(arrow::decimal128(5, 0)));
  EXPECT_TRUE(Must(PrimitiveFromName("decimal"))->Equals(arrow::decimal128(10, 0)));
}

TEST(SchemaJson, ReadsVoidAsNull) {
  EXPECT_TRUE(Must(SchemaFromJson(SchemaOf(R"("void")")))->field(0)->type()->Equals(arrow::null()));
}

TEST(SchemaJson, RefusesUnknownTypesByName) {
  EXPECT_THAT(SchemaFromJson(SchemaOf(R"("variant")")), FailsWith(ErrorCode::kUnsupported, "`variant`"));
  EXPECT_THAT(SchemaFromJson(SchemaOf(R"({"type":"udt"})")), FailsWith(ErrorCode::kUnsupported, "`udt`"));
  EXPECT_THAT(SchemaToJson(*arrow::schema({arrow::field("u", arrow::uint8())})),
              FailsWith(ErrorCode::kUnsupported, "column `u`"));
}

TEST(SchemaJson, RejectsWhatIsNoSchema) {
  for (const std::string text :
       {"", "[]", "{", R"({"type":"long"})", R"({"type":"struct"})", R"({"type":"struct","fields":[1]})",
        R"({"type":"struct","fields":[{"type":"long"}]})", R"({"type":"struct","fields":[{"name":"a"}]})"}) {
    EXPECT_THAT(SchemaFromJson(text), FailsWith(ErrorCode::kCorrupt, "")) << text;
  }
  for (const std::string name :
       {"decimal(39,0)", "decimal(5,6)", "decimal(5)", "decimal(,)", "decimal(5,2", "decimal(0,0)"}) {
    EXPECT_THAT(PrimitiveFromName(name), FailsWith(ErrorCode::kCorrupt, "")) << name;
  }
}

TEST(SchemaJson, RejectsNestingWithoutEnd) {
  std::string type = R"("long")";
  for (int i = 0; i < 200; ++i) {
    type = R"({"type":"array","containsNull":true,"elementType":)" + type + "}";
  }
  EXPECT_THAT(SchemaFromJson(SchemaOf(type)), FailsWith(ErrorCode::kCorrupt, "nests deeper"));
}

}  // namespace
}  // namespace pixlake::delta
