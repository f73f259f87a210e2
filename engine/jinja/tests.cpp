// The tests that follow `is`.
#include "engine/jinja/args.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/registry.h"
#include "engine/jinja/renderer.h"
#include "engine/jinja/text_case.h"
#include "engine/jinja/unicode.h"

namespace pincer::jinja {
namespace {

using ast::CompareOp;

bool is_sequence(const Val& value) {
  if (value.is<Undefined>() || value.text() != nullptr || value.dict() != nullptr) return true;
  const Seq* seq = value.seq();
  return seq != nullptr && (seq->kind == SeqKind::list || seq->kind == SeqKind::tuple ||
                            seq->kind == SeqKind::group || seq->kind == SeqKind::range);
}

bool is_iterable(const Val& value) {
  return is_sequence(value) || value.seq() != nullptr || value.is<Loop*>();
}

bool is_callable(const Val& value) {
  return value.is<FunctionRef>() || value.is<Macro*>() || value.is<Loop*>() ||
         value.is<Joiner*>() || value.is<Undefined>();
}

bool test_number(const Val& value) { return as_float(value).has_value(); }

template <bool (*Holds)(const Val&)>
bool type_test(Renderer&, const Val& input, const CallArgs& args) {
  const Arguments a("the test", args, {});
  return Holds(input);
}

template <class T>
bool is_type(const Val& value) {
  return value.is<T>();
}

bool is_defined(const Val& value) { return !value.is<Undefined>(); }
bool is_true(const Val& value) { return value.is<bool>() && *value.get<bool>(); }
bool is_false(const Val& value) { return value.is<bool>() && !*value.get<bool>(); }
bool is_escaped(const Val& value) { return value.text() != nullptr && value.text()->is_markup(); }

template <CompareOp Op>
bool compare_test(Renderer& r, const Val& input, const CallArgs& args) {
  const Arguments a("the test", args, {"other"}, 1);
  return compare(r.budget(), Op, input, a.at(0));
}

Val remainder(Renderer& r, const Val& value, const Val& divisor) {
  return arithmetic(r.budget(), ast::BinaryOp::mod, value, divisor);
}

bool test_odd(Renderer& r, const Val& input, const CallArgs& args) {
  const Arguments a("odd", args, {});
  return equal(r.budget(), remainder(r, input, std::int64_t{2}), std::int64_t{1});
}

bool test_even(Renderer& r, const Val& input, const CallArgs& args) {
  const Arguments a("even", args, {});
  return equal(r.budget(), remainder(r, input, std::int64_t{2}), std::int64_t{0});
}

bool test_divisibleby(Renderer& r, const Val& input, const CallArgs& args) {
  const Arguments a("divisibleby", args, {"num"}, 1);
  return equal(r.budget(), remainder(r, input, a.at(0)), std::int64_t{0});
}

template <bool (*Wanted)(char32_t)>
bool case_test(Renderer& r, const Val& input, const CallArgs& args) {
  const Arguments a("the test", args, {});
  return all_cased_like(r.budget(), to_text(r.budget(), input)->bytes(), Wanted);
}

// Python's `is`. CPython keeps one object for each small integer.
bool test_sameas(Renderer& r, const Val& input, const CallArgs& args) {
  const Arguments a("sameas", args, {"other"}, 1);
  const Val& other = a.at(0);
  if (input.data().index() != other.data().index()) return false;
  if (const auto* number = input.get<std::int64_t>()) {
    constexpr std::int64_t kLargestSmall = 256;
    return *number == *other.get<std::int64_t>() && *number >= -5 && *number <= kLargestSmall;
  }
  if (const TextRef* text = input.get<TextRef>()) return *text == *other.get<TextRef>();
  if (const SeqRef* seq = input.get<SeqRef>()) return *seq == *other.get<SeqRef>();
  if (const DictRef* dict = input.get<DictRef>()) return *dict == *other.get<DictRef>();
  return !input.is<double>() && equal(r.budget(), input, other);
}

bool test_filter(Renderer& r, const Val& input, const CallArgs& args) {
  const Arguments a("filter", args, {});
  return find_filter(to_text(r.budget(), input)->bytes()) != nullptr;
}

bool test_test(Renderer& r, const Val& input, const CallArgs& args) {
  const Arguments a("test", args, {});
  return find_test(to_text(r.budget(), input)->bytes()) != nullptr;
}

constexpr NamedFunction<NativeTest> kTests[] = {
    {"defined", type_test<is_defined>},
    {"undefined", type_test<is_type<Undefined>>},
    {"none", type_test<is_type<None>>},
    {"string", type_test<is_type<TextRef>>},
    {"mapping", type_test<is_type<DictRef>>},
    {"iterable", type_test<is_iterable>},
    {"sequence", type_test<is_sequence>},
    {"number", type_test<test_number>},
    {"boolean", type_test<is_type<bool>>},
    {"integer", type_test<is_type<std::int64_t>>},
    {"float", type_test<is_type<double>>},
    {"true", type_test<is_true>},
    {"false", type_test<is_false>},
    {"callable", type_test<is_callable>},
    {"escaped", type_test<is_escaped>},
    {"odd", test_odd},
    {"even", test_even},
    {"divisibleby", test_divisibleby},
    {"lower", case_test<is_lower>},
    {"upper", case_test<is_upper>},
    {"sameas", test_sameas},
    {"in", compare_test<CompareOp::in>},
    {"filter", test_filter},
    {"test", test_test},
    {"==", compare_test<CompareOp::eq>},
    {"eq", compare_test<CompareOp::eq>},
    {"equalto", compare_test<CompareOp::eq>},
    {"!=", compare_test<CompareOp::ne>},
    {"ne", compare_test<CompareOp::ne>},
    {">", compare_test<CompareOp::gt>},
    {"gt", compare_test<CompareOp::gt>},
    {"greaterthan", compare_test<CompareOp::gt>},
    {">=", compare_test<CompareOp::ge>},
    {"ge", compare_test<CompareOp::ge>},
    {"<", compare_test<CompareOp::lt>},
    {"lt", compare_test<CompareOp::lt>},
    {"lessthan", compare_test<CompareOp::lt>},
    {"<=", compare_test<CompareOp::le>},
    {"le", compare_test<CompareOp::le>},
};

}  // namespace

NativeTest find_test(std::string_view name) { return find_named(kTests, name); }

}  // namespace pincer::jinja
