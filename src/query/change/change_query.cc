#include <algorithm>
#include <map>
#include <set>

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_text.h"
#include "query/change/change_query_internal.h"
#include "query/change/nested_fields_internal.h"
#include "query/change/row_checks_internal.h"
#include "query/change/stored_values_internal.h"
#include "query/duckdb/duckdb_handles_internal.h"
#include "query/mention/scan_literals_internal.h"
#include "query/result/value_format_internal.h"

namespace pixlake::query {
namespace {

using Expressions = std::map<int, std::string>;  // by column

std::string Cast(const std::string& expression, const arrow::Field& field) {
  // A void column (of a CREATE TABLE … AS SELECT NULL) has no other value.
  if (field.type()->id() == arrow::Type::NA) {
    return fmt::format(
        "CASE WHEN ({}) IS NULL THEN NULL ELSE error({}) END", expression,
        SqlLiteral(kViolationMark + ("column " + field.name() + " is void and takes nothing but NULL")));
  }
  return fmt::format("CAST(({}) AS {})", expression, CastTypeName(*field.type()));
}

// The value a row has now; null for a column that is new.
std::string OldValue(const ChangeTarget& target, int column) {
  if (column >= target.old_columns) return "NULL";
  return SqlName(target.alias) + "." + SqlName(target.schema->field(column)->name());
}

// What each column becomes. In an INSERT there is no row whose other fields could stay.
Result<Expressions> Assigned(const ChangeTarget& target, const std::vector<Assignment>& assignments,
                             bool inserts = false) {
  Expressions out;
  std::map<int, std::vector<FieldValue>> fields;
  for (size_t i = 0; i < assignments.size(); ++i) {
    // A column may be given by its table's name: t.label = …
    std::vector<std::string> path = assignments[i].column;
    if (path.empty()) {
      if (assignments.size() != static_cast<size_t>(target.schema->num_fields())) {
        return Error(ErrorCode::kUsage,
                     fmt::format("INSERT has {} values for the table's {} columns ({})", assignments.size(),
                                 target.schema->num_fields(), fmt::join(target.schema->field_names(), ", ")));
      }
      path = {target.schema->field(static_cast<int>(i))->name()};
    }
    const bool qualified = path.size() > 1 && LowerCase(path[0]) == LowerCase(target.alias) &&
                           (path.size() > 2 || FindColumn(*target.schema, path[1]).ok());
    if (qualified) path.erase(path.begin());
    PL_ASSIGN_OR_RETURN(const int column, FindColumn(*target.schema, path[0]));
    const std::string& value = assignments[i].expression;
    if (path.size() > 1) {
      if (inserts) {
        return Error(ErrorCode::kUsage, fmt::format("INSERT gives whole columns: {} is a field of {}",
                                                    fmt::join(path, "."), path[0]));
      }
      fields[column].push_back({{path.begin() + 1, path.end()}, value});
      continue;
    }
    std::string whole = value;
    if (IsDefault(value)) {
      PL_ASSIGN_OR_RETURN(whole, DefaultOf(target, column));
    }
    if (!out.emplace(column, whole).second) {
      return Error(ErrorCode::kUsage, fmt::format("column {} is assigned twice", path[0]));
    }
  }
  for (const auto& [column, values] : fields) {
    const arrow::Field& field = *target.schema->field(column);
    PL_ASSIGN_OR_RETURN(std::string value,
                        StructWithFields(OldValue(target, column), *field.type(), values, field.name()));
    if (!out.emplace(column, std::move(value)).second) {
      return Error(ErrorCode::kUsage,
                   fmt::format("column {} is assigned, and so are fields of it", field.name()));
    }
  }
  return out;
}

std::string FilePlace(const ChangeTarget& target) {
  const std::string alias = SqlName(target.alias);
  return fmt::format("{0}.{1} AS {1}, {0}.{2} AS {2}", alias, table::kFileColumn, table::kPositionColumn);
}

std::string With(const std::string& with) {
  return with.empty() ? "" : with + " ";
}

// The table, and the others that the statement is about.
std::string FromOf(const ChangeTarget& target, const std::string& others) {
  return fmt::format(" FROM {} AS {}{}{}", target.scan, SqlName(target.alias), others.empty() ? "" : ", ",
                     others);
}

std::set<int> ColumnsIn(const std::vector<ChangeQuery::Value>& values) {
  std::set<int> out;
  for (const ChangeQuery::Value& value : values) out.insert(value.column);
  return out;
}

// Wraps the query that gives place, action and every column as it will be. `given`: the
// columns whose values the statement says itself.
Result<ChangeQuery> Finish(const ChangeTarget& target, std::string rows,
                           std::vector<ChangeQuery::Value> values, const GivenColumns& given) {
  ChangeQuery out;
  std::set<int> computed;
  PL_ASSIGN_OR_RETURN(rows, AsStored(target, rows, ColumnsIn(values)));
  PL_ASSIGN_OR_RETURN(rows, WithGenerated(target, rows, given, &computed));
  PL_ASSIGN_OR_RETURN(rows, AsStored(target, rows, computed));
  for (const int column : computed) {
    std::erase_if(values, [&](const auto& value) { return value.column == column; });
    values.push_back({column, true});
  }
  out.select = fmt::format("SELECT {}, {}, {}", table::kFileColumn, table::kPositionColumn, kActionColumn);
  for (size_t i = 0; i < values.size(); ++i) {
    out.select += fmt::format(", {} AS v{}", SqlName(target.schema->field(values[i].column)->name()), i);
  }
  PL_ASSIGN_OR_RETURN(const std::string checks, RowChecks(target, values));
  out.select += checks;
  out.select += fmt::format(" FROM ({}) AS __pixlake_new WHERE {} IS NOT NULL", rows, kActionColumn);
  out.values = std::move(values);
  return out;
}

GivenColumns ColumnsOf(const Expressions& assigned) {
  GivenColumns out;
  for (const auto& [column, expression] : assigned) out.emplace(column, "");
  return out;
}

std::vector<ChangeQuery::Value> UpdatedValues(const Expressions& assigned) {
  std::vector<ChangeQuery::Value> out;
  for (const auto& [column, expression] : assigned) out.push_back({column, true});
  return out;
}

// One clause of MERGE with what it assigns, * spelled out.
struct Clause {
  const MergeClause* clause;
  Expressions assigned;
};

Result<Expressions> StarAssignments(const ChangeTarget& target, const MergeStatement& merge,
                                    const MergeClause& clause, const arrow::Schema& source) {
  const std::vector<std::string> source_columns = source.field_names();
  Expressions out;
  for (int i = 0; i < target.schema->num_fields(); ++i) {
    const std::string& name = target.schema->field(i)->name();
    const auto found = std::find_if(source_columns.begin(), source_columns.end(),
                                    [&](const auto& column) { return LowerCase(column) == LowerCase(name); });
    if (found != source_columns.end()) {
      out[i] = SqlName(merge.source_alias) + "." + SqlName(*found);
      // Fields that the source does not have stay as they are, like columns.
      const bool evolves = merge.schema_evolution && clause.then == MergeClause::Then::kUpdate;
      if (evolves && i < target.old_columns) {
        const auto& given = source.field(static_cast<int>(found - source_columns.begin()));
        out[i] =
            WithFieldsKept(out[i], *given->type(), OldValue(target, i), *target.schema->field(i)->type());
      }
    } else if (!merge.schema_evolution) {
      return Error(ErrorCode::kUsage,
                   fmt::format("{} needs column {} in the source, which has {}; name the columns, or "
                               "say MERGE WITH SCHEMA EVOLUTION",
                               clause.then == MergeClause::Then::kInsert ? "INSERT *" : "UPDATE SET *", name,
                               fmt::join(source_columns, ", ")));
    }
  }
  return out;
}

std::string JoinOf(const MergeStatement& merge) {
  const auto has = [&](MergeClause::When when) {
    return std::any_of(merge.clauses.begin(), merge.clauses.end(),
                       [&](const auto& c) { return c.when == when; });
  };
  const bool sources = has(MergeClause::When::kNotMatched);
  const bool targets = has(MergeClause::When::kNotMatchedBySource);
  return sources && targets ? "FULL OUTER JOIN"
         : sources          ? "RIGHT JOIN"
         : targets          ? "LEFT JOIN"
                            : "INNER JOIN";
}

// Which clause a joined row falls to, from 0; null: none.
std::string ClauseOf(const ChangeTarget& target, const MergeStatement& merge) {
  const std::string in_target =
      fmt::format("{}.{} IS NOT NULL", SqlName(target.alias), table::kPositionColumn);
  const std::string in_source = fmt::format("{}.__pixlake_source IS NOT NULL", SqlName(merge.source_alias));
  std::string out = "CASE";
  for (size_t i = 0; i < merge.clauses.size(); ++i) {
    const MergeClause& clause = merge.clauses[i];
    const bool target_side = clause.when != MergeClause::When::kNotMatched;
    const bool source_side = clause.when != MergeClause::When::kNotMatchedBySource;
    out += fmt::format(" WHEN {}({}) AND {}({}){} THEN {}", target_side ? "" : "NOT ", in_target,
                       source_side ? "" : "NOT ", in_source,
                       clause.condition.empty() ? "" : " AND (" + clause.condition + ")", i);
  }
  return out + " END";
}

RowAction ActionOf(const MergeClause& clause) {
  return clause.then == MergeClause::Then::kDelete   ? RowAction::kDelete
         : clause.then == MergeClause::Then::kInsert ? RowAction::kInsert
                                                     : RowAction::kUpdate;
}

// What a column becomes, by clause. `needs_old`: also where an update leaves it as it is.
Result<std::string> MergedValue(const ChangeTarget& target, const std::vector<Clause>& clauses, int column,
                                bool needs_old) {
  const arrow::Field& field = *target.schema->field(column);
  const std::string none = Cast("NULL", field);
  std::string whens;
  for (size_t i = 0; i < clauses.size(); ++i) {
    const auto assigned = clauses[i].assigned.find(column);
    const RowAction action = ActionOf(*clauses[i].clause);
    if (action == RowAction::kDelete) continue;
    std::string value = "NULL";
    if (assigned != clauses[i].assigned.end()) {
      value = assigned->second;
    } else if (action == RowAction::kInsert) {
      PL_ASSIGN_OR_RETURN(value, DefaultOf(target, column));
    } else if (needs_old) {
      value = OldValue(target, column);
    }
    whens += fmt::format(" WHEN {} THEN {}", i, Cast(value, field));
  }
  const std::string value = whens.empty() ? none : "CASE __pixlake_clause" + whens + " ELSE " + none + " END";
  return value + " AS " + SqlName(field.name());
}

// Which clauses say a column's value themselves.
GivenColumns GivenBy(const std::vector<Clause>& clauses) {
  GivenColumns out;
  for (size_t i = 0; i < clauses.size(); ++i) {
    for (const auto& [column, expression] : clauses[i].assigned) {
      std::string& condition = out[column];
      condition += condition.empty() ? "__pixlake_clause IN (" : ", ";
      condition += std::to_string(i);
    }
  }
  for (auto& [column, condition] : out) condition += ")";
  return out;
}

Result<std::vector<Clause>> ClausesOf(const ChangeTarget& target, const MergeStatement& merge,
                                      const arrow::Schema& source) {
  std::vector<Clause> out;
  for (const MergeClause& clause : merge.clauses) {
    Expressions assigned;
    if (clause.star) {
      PL_ASSIGN_OR_RETURN(assigned, StarAssignments(target, merge, clause, source));
    } else {
      PL_ASSIGN_OR_RETURN(assigned, Assigned(target, clause.set, clause.then == MergeClause::Then::kInsert));
    }
    out.push_back({&clause, std::move(assigned)});
  }
  return out;
}

bool HasStruct(const arrow::DataType& type) {
  return type.id() == arrow::Type::STRUCT ||
         std::any_of(type.fields().begin(), type.fields().end(),
                     [](const auto& child) { return HasStruct(*child->type()); });
}

void AddNested(const ChangeTarget& target, const Expressions& assigned, GivenValues* out) {
  for (const auto& [column, expression] : assigned) {
    if (!HasStruct(*target.schema->field(column)->type())) continue;
    out->columns.push_back(column);
    out->select += fmt::format("{}({})", out->select.empty() ? "SELECT " : ", ", expression);
  }
}

}  // namespace

Result<GivenValues> NestedValuesOf(const ChangeTarget& target, const UpdateStatement& statement) {
  GivenValues out;
  PL_ASSIGN_OR_RETURN(const Expressions assigned, Assigned(target, statement.set));
  AddNested(target, assigned, &out);
  if (!out.select.empty()) out.select = With(statement.with) + out.select + FromOf(target, statement.from);
  return out;
}

Result<GivenValues> NestedValuesOf(const ChangeTarget& target, const MergeStatement& statement,
                                   const arrow::Schema& source) {
  GivenValues out;
  PL_ASSIGN_OR_RETURN(const auto clauses, ClausesOf(target, statement, source));
  for (const Clause& clause : clauses) AddNested(target, clause.assigned, &out);
  if (!out.select.empty()) {
    out.select =
        With(statement.with) + out.select +
        fmt::format(" FROM {} AS {}, (SELECT * FROM {} AS {}) AS {}", target.scan, SqlName(target.alias),
                    statement.source, SqlName(statement.source_alias), SqlName(statement.source_alias));
  }
  return out;
}

Result<std::vector<int>> InsertedColumns(const ChangeTarget& target, const InsertStatement& statement,
                                         const std::vector<std::string>& query_columns) {
  std::vector<std::string> names = statement.columns;
  if (statement.by_name) names = query_columns;
  if (names.empty()) names = target.schema->field_names();
  if (names.size() != query_columns.size()) {
    return Error(ErrorCode::kUsage, fmt::format("the query gives {} columns for {} of the table ({})",
                                                query_columns.size(), names.size(), fmt::join(names, ", ")));
  }
  std::vector<int> out;
  for (const std::string& name : names) {
    PL_ASSIGN_OR_RETURN(const int column, FindColumn(*target.schema, name));
    if (std::find(out.begin(), out.end(), column) != out.end()) {
      return Error(ErrorCode::kUsage, fmt::format("column {} is given twice", name));
    }
    out.push_back(column);
  }
  return out;
}

Result<int> FindColumn(const arrow::Schema& schema, const std::string& name) {
  for (int i = 0; i < schema.num_fields(); ++i) {
    if (LowerCase(schema.field(i)->name()) == LowerCase(name)) return i;
  }
  return Error(ErrorCode::kUsage, fmt::format("the table has no column {}; it has {}", name,
                                              fmt::join(schema.field_names(), ", ")));
}

std::string CastTypeName(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::NA:
      return "\"NULL\"";
    case arrow::Type::LIST:
      return CastTypeName(*type.field(0)->type()) + "[]";
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      return fmt::format("MAP({}, {})", CastTypeName(*map.key_type()), CastTypeName(*map.item_type()));
    }
    case arrow::Type::STRUCT: {
      std::vector<std::string> fields;
      for (const auto& field : type.fields()) {
        fields.push_back(SqlName(field->name()) + " " + CastTypeName(*field->type()));
      }
      return fmt::format("STRUCT({})", fmt::join(fields, ", "));
    }
    default:
      return DuckDbTypeName(type);
  }
}

Result<ChangeQuery> QueryOf(const ChangeTarget& target, const DeleteStatement& statement) {
  const std::string rows =
      fmt::format("{}SELECT {}, CAST({} AS TINYINT) AS {}{}{}", With(statement.with), FilePlace(target),
                  static_cast<int>(RowAction::kDelete), kActionColumn, FromOf(target, statement.from),
                  statement.where.empty() ? "" : " WHERE (" + statement.where + ")");
  ChangeQuery out;
  out.select = rows;
  out.deletes_may_repeat = !statement.from.empty();
  return out;
}

Result<ChangeQuery> QueryOf(const ChangeTarget& target, const UpdateStatement& statement) {
  PL_ASSIGN_OR_RETURN(const Expressions assigned, Assigned(target, statement.set));
  std::string rows = fmt::format("{}SELECT {}, CAST({} AS TINYINT) AS {}", With(statement.with),
                                 FilePlace(target), static_cast<int>(RowAction::kUpdate), kActionColumn);
  for (int i = 0; i < target.schema->num_fields(); ++i) {
    const arrow::Field& field = *target.schema->field(i);
    const auto found = assigned.find(i);
    const std::string value = found == assigned.end() ? OldValue(target, i) : Cast(found->second, field);
    rows += fmt::format(", {} AS {}", value, SqlName(field.name()));
  }
  rows += FromOf(target, statement.from);
  if (!statement.where.empty()) rows += " WHERE (" + statement.where + ")";
  return Finish(target, std::move(rows), UpdatedValues(assigned), ColumnsOf(assigned));
}

Result<ChangeQuery> QueryOf(const ChangeTarget& target, const MergeStatement& statement,
                            const arrow::Schema& source) {
  PL_ASSIGN_OR_RETURN(const auto clauses, ClausesOf(target, statement, source));
  bool inserts = false;
  bool writes = false;
  std::vector<bool> updated(static_cast<size_t>(target.schema->num_fields()), false);
  for (const Clause& clause : clauses) {
    inserts |= clause.clause->then == MergeClause::Then::kInsert;
    writes |= clause.clause->then != MergeClause::Then::kDelete;
    if (clause.clause->then != MergeClause::Then::kUpdate) continue;
    for (const auto& [column, expression] : clause.assigned) updated[static_cast<size_t>(column)] = true;
  }
  std::string actions = "CASE __pixlake_clause";
  for (size_t i = 0; i < clauses.size(); ++i) {
    actions +=
        fmt::format(" WHEN {} THEN CAST({} AS TINYINT)", i, static_cast<int>(ActionOf(*clauses[i].clause)));
  }
  std::string rows = fmt::format("{}SELECT {}, {} AS __pixlake_clause, {} END AS {}", With(statement.with),
                                 FilePlace(target), ClauseOf(target, statement), actions, kActionColumn);
  std::vector<ChangeQuery::Value> values;
  const bool checked = writes && HasChecks(target);
  for (int i = 0; i < target.schema->num_fields(); ++i) {
    const bool is_updated = updated[static_cast<size_t>(i)];
    if (inserts || is_updated) values.push_back({i, is_updated});
    PL_ASSIGN_OR_RETURN(const std::string value, MergedValue(target, clauses, i, is_updated || checked));
    rows += ", " + value;
  }
  rows += fmt::format(" FROM {} AS {} {} (SELECT *, TRUE AS __pixlake_source FROM {} AS {}) AS {} ON ({})",
                      target.scan, SqlName(target.alias), JoinOf(statement), statement.source,
                      SqlName(statement.source_alias), SqlName(statement.source_alias), statement.on);
  PL_ASSIGN_OR_RETURN(ChangeQuery out, Finish(target, std::move(rows), std::move(values), GivenBy(clauses)));
  const auto matched = [](const Clause& c) { return c.clause->when == MergeClause::When::kMatched; };
  const auto first = std::find_if(clauses.begin(), clauses.end(), matched);
  out.deletes_may_repeat =
      first != clauses.end() && std::count_if(clauses.begin(), clauses.end(), matched) == 1 &&
      first->clause->then == MergeClause::Then::kDelete && first->clause->condition.empty();
  return out;
}

Result<ChangeQuery> QueryOf(const ChangeTarget& target, const InsertStatement& statement,
                            const std::vector<std::string>& query_columns) {
  PL_ASSIGN_OR_RETURN(const auto columns, InsertedColumns(target, statement, query_columns));
  Expressions assigned;
  std::vector<std::string> aliases;
  for (size_t i = 0; i < columns.size(); ++i) {
    aliases.push_back(fmt::format("__pixlake_c{}", i));
    assigned.emplace(columns[i], aliases.back());
  }
  std::string rows = fmt::format(
      "SELECT CAST(NULL AS BIGINT) AS {}, CAST(NULL AS BIGINT) AS {}, CAST({} AS TINYINT) AS {}",
      table::kFileColumn, table::kPositionColumn, static_cast<int>(RowAction::kInsert), kActionColumn);
  std::vector<ChangeQuery::Value> values;
  for (int i = 0; i < target.schema->num_fields(); ++i) {
    const arrow::Field& field = *target.schema->field(i);
    const auto found = assigned.find(i);
    std::string value = "NULL";
    if (found != assigned.end()) {
      value = found->second;
    } else {
      PL_ASSIGN_OR_RETURN(value, DefaultOf(target, i));
    }
    rows += fmt::format(", {} AS {}", Cast(value, field), SqlName(field.name()));
    values.push_back({i, false});
  }
  rows += fmt::format(" FROM ({}) AS __pixlake_query({})", statement.query, fmt::join(aliases, ", "));
  PL_ASSIGN_OR_RETURN(ChangeQuery out,
                      Finish(target, std::move(rows), std::move(values), ColumnsOf(assigned)));
  if (!statement.replace_where.empty()) {
    out.select += fmt::format(
        " AND CASE WHEN coalesce(({}), FALSE) THEN TRUE ELSE error({}) END", statement.replace_where,
        SqlLiteral(kViolationMark + ("a new row is outside REPLACE WHERE " + statement.replace_where)));
  }
  std::vector<std::string> order;
  for (const std::string& column : target.partition_columns) order.push_back(SqlName(column));
  if (!order.empty() && !statement.as_it_comes)
    out.select += fmt::format(" ORDER BY {}", fmt::join(order, ", "));
  return out;
}

}  // namespace pixlake::query
