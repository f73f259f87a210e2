// Objects: properties in the schema's order, optional ones left out or not, then others where the
// schema asks for them.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/grammar/intersection.h"
#include "engine/grammar/regex.h"
#include "engine/grammar/schema_compiler.h"

namespace pincer::grammar {
namespace {

// Strings, one code point after the other.
struct Names {
  std::map<char32_t, Names> next;
  bool ends = false;
};

Names tree_of(const std::vector<std::string>& names) {
  Names root;
  for (const std::string& name : names) {
    Names* at = &root;
    for (std::string_view rest = name; !rest.empty();) {
      const DecodedCodePoint c = decode_code_point(rest);
      at = &at->next[c.value];
      rest.remove_prefix(c.bytes);
    }
    at->ends = true;
  }
  return root;
}

// All strings of `characters` but these names; depth is that of the longest of them.
ExprId all_but(Grammar& grammar, const Names& names, const CodePointSet& characters) {
  std::vector<ExprId> forms;
  std::vector<CodePointRange> taken;
  if (!names.ends) forms.push_back(grammar.empty());
  for (const auto& [c, next] : names.next) {
    taken.push_back({c, c});
    forms.push_back(grammar.sequence(
        {json_characters(grammar, CodePointSet::one(c)), all_but(grammar, next, characters)}));
  }
  const CodePointSet others = characters.without(CodePointSet(std::move(taken)));
  forms.push_back(grammar.sequence(
      {grammar.chars(others), grammar.repeat(grammar.chars(characters), 0, kUnbounded)}));
  return grammar.choice(forms);
}

// Of names that a model makes up: they need no escapes, so that each has one spelling.
CodePointSet name_characters() {
  return CodePointSet({{' ', '!'}, {'#', '['}, {']', kLastCodePoint}});
}

constexpr std::size_t kLongestName = 256;  // bytes

}  // namespace

// What is said of the property `name`.
Conjunction SchemaCompiler::schemas_of(const Conjunction& schemas, const std::string& name) {
  Conjunction out;
  for (const Json* schema : schemas) {
    bool named = false;
    const Json* properties = schema->find("properties");
    const Json* own = properties != nullptr ? properties->find(name) : nullptr;
    if (own != nullptr) {
      out.push_back(own);
      named = true;
    }
    if (const Json* patterns = schema->find("patternProperties")) {
      for (const auto& [pattern, value] : patterns->members) {
        if (!validator_.fits(pattern, *patterns, name)) continue;
        out.push_back(&value);
        named = true;
      }
    }
    const Json* others = schema->find("additionalProperties");
    if (!named && others != nullptr) out.push_back(others);
  }
  return out;
}

std::vector<SchemaCompiler::Member> SchemaCompiler::named_members(const Conjunction& schemas) {
  std::vector<std::string> names;
  std::set<std::string> known, required;
  const auto add = [&](const std::string& name) {
    if (known.insert(name).second) names.push_back(name);
  };
  for (const Json* schema : schemas) {
    if (const Json* properties = schema->find("properties")) {
      for (const auto& [name, value] : properties->members) add(name);
    }
  }
  for (const Json* schema : schemas) {
    const Json* list = schema->find("required");
    if (list == nullptr) continue;
    for (const Json& name : list->items) {
      add(name.text);
      required.insert(name.text);
    }
  }
  std::vector<Member> out;
  for (const std::string& name : names) {
    const ExprId text = grammar_.sequence(
        {grammar_.literal(json_string(name)), rules_.colon(), value(schemas_of(schemas, name))});
    out.push_back({name, required.contains(name), text});
    if (source_.failed()) break;
  }
  return out;
}

ExprId SchemaCompiler::other_key(const std::vector<Member>& named, const std::string* pattern,
                                 const Json& where) {
  if (named.empty() && pattern == nullptr) return rules_.string();
  std::vector<ExprId> parts;
  if (pattern != nullptr) {
    auto key = read_regex(grammar_, *pattern, RegexUse::json_string);
    if (!check(key, where)) return -1;
    parts.push_back(*key);
  }
  std::vector<std::string> names;
  for (const Member& member : named) {
    if (member.name.size() > kLongestName) {
      source_.fail(where, fmt::format("a property's name is longer than {} bytes", kLongestName),
                   ErrorCode::limit);
      return -1;
    }
    names.push_back(member.name);
  }
  if (!names.empty()) parts.push_back(all_but(grammar_, tree_of(names), name_characters()));
  auto key = intersect(grammar_, parts);
  return check(key, where) ? rules_.quoted(*key) : -1;
}

// Other members than those with a name: of patternProperties, or else of additionalProperties.
// Where a schema has neither, and names properties, it is taken for complete.
void SchemaCompiler::add_more(const Conjunction& schemas, Members& members) {
  Conjunction own;
  const Json* patterns = nullptr;
  const Json* others = nullptr;
  bool describes = !members.named.empty();
  for (const Json* schema : schemas) {
    if (const Json* found = schema->find("patternProperties")) {
      if (patterns != nullptr || found->members.size() > 1) {
        return source_.unsupported(*found, "more than one pattern in patternProperties",
                                   "join them to one, with |");
      }
      if (found->members.size() == 1) patterns = found;
    }
    if (const Json* found = schema->find("additionalProperties")) {
      others = found;
      own.push_back(found);
    }
    describes = describes || schema->find("properties") != nullptr;
  }
  if (patterns == nullptr && others == nullptr && describes) return;
  const Json& where = patterns != nullptr ? *patterns : *schemas.front();
  const std::string* pattern = nullptr;
  if (patterns != nullptr) {
    pattern = &patterns->members[0].key;
    own = {&patterns->members[0].value};
    for (const Json* schema : schemas) {
      const Json* found = schema->find("additionalProperties");
      if (found != nullptr && schema->find("patternProperties") != patterns) own.push_back(found);
    }
  }
  const ExprId key = other_key(members.named, pattern, where);
  if (!source_.failed()) members.more = grammar_.sequence({key, rules_.colon(), value(own)});
}

// Only counts that follow from what is required, or that nothing else can break: a made-up name may
// come twice, and then counts once.
void SchemaCompiler::limit_counts(const Conjunction& schemas, Members& members) {
  const auto [min, max] = counts(schemas, "minProperties", "maxProperties");
  const auto required =
      static_cast<int>(std::count_if(members.named.begin(), members.named.end(),
                                     [](const Member& member) { return member.required; }));
  const bool all_required = required == static_cast<int>(members.named.size());
  if (min > required) {
    if (min > required + 1 || members.more < 0 || !all_required) {
      return source_.unsupported(*schemas.front(), "minProperties that is more than is required",
                                 "list the names in required");
    }
    members.min_more = 1;
  }
  if (max == kUnbounded) return;
  if (max >= static_cast<int>(members.named.size()) && members.more < 0) return;
  if (!all_required) {
    return source_.unsupported(*schemas.front(), "maxProperties beside optional properties",
                               "take it out, or list fewer properties");
  }
  if (max < required) {
    members.named.push_back({"", true, grammar_.nothing()});  // nothing is valid
  } else {
    members.max_more = max - required;
  }
}

// The commas depend on whether anything came before: rules for both, so that the grammar grows
// with the number of members and not with its square.
ExprId SchemaCompiler::member_list(const Members& members) {
  const std::vector<Member>& named = members.named;
  const auto after_first = [](int count) {
    return count == kUnbounded ? count : std::max(0, count - 1);
  };
  ExprId rest = grammar_.empty(), first = grammar_.empty();
  if (members.more >= 0 && members.max_more != 0) {
    const ExprId more = grammar_.sequence({rules_.comma(), members.more});
    rest = grammar_.repeat(more, members.min_more, members.max_more);
    first = grammar_.sequence({members.more, grammar_.repeat(more, after_first(members.min_more),
                                                             after_first(members.max_more))});
    if (members.min_more == 0) first = grammar_.optional(first);
  }
  for (std::size_t i = named.size(); i-- > 0;) {
    const RuleId behind = grammar_.declare("members");
    grammar_.define(behind, rest);
    const ExprId own = grammar_.sequence({named[i].text, grammar_.call(behind)});
    first = named[i].required ? own : grammar_.choice({own, first});
    const ExprId next = grammar_.sequence({rules_.comma(), named[i].text});
    rest = grammar_.sequence(
        {named[i].required ? next : grammar_.optional(next), grammar_.call(behind)});
  }
  return first;
}

ExprId SchemaCompiler::object(const Conjunction& schemas) {
  Members members;
  members.named = named_members(schemas);
  if (!source_.failed()) add_more(schemas, members);
  if (!source_.failed()) limit_counts(schemas, members);
  if (source_.failed()) return -1;
  return rules_.enclosed('{', member_list(members), '}');
}

}  // namespace pincer::grammar
