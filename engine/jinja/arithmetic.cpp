// + - * / // % ** and signs, with Python's rules. Integers have 64 bits: more is a failure.
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include "engine/jinja/format.h"
#include "engine/jinja/ops.h"

namespace pincer::jinja {
namespace {

using ast::BinaryOp;

std::string_view symbol(BinaryOp op) {
  switch (op) {
    case BinaryOp::add:
      return "+";
    case BinaryOp::sub:
      return "-";
    case BinaryOp::mul:
      return "*";
    case BinaryOp::div:
      return "/";
    case BinaryOp::floordiv:
      return "//";
    case BinaryOp::mod:
      return "%";
    case BinaryOp::pow:
      return "**";
    case BinaryOp::logical_and:
      return "and";
    case BinaryOp::logical_or:
      return "or";
  }
  return "";
}

[[noreturn]] void fail_operands(BinaryOp op, const Val& a, const Val& b) {
  fail("'" + std::string(symbol(op)) + "' is not supported between '" + std::string(type_name(a)) +
       "' and '" + std::string(type_name(b)) + "'");
}

[[noreturn]] void fail_overflow() { fail("the result of integer arithmetic does not fit 64 bits"); }
[[noreturn]] void fail_zero() { fail("division by zero"); }

std::int64_t checked_sub(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_sub_overflow(a, b, &result)) fail_overflow();
  return result;
}

constexpr std::int64_t kSmallest = std::numeric_limits<std::int64_t>::min();

// Rounds down, unlike C++.
std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  if (b == 0) fail_zero();
  if (a == kSmallest && b == -1) fail_overflow();
  const std::int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

// Has the sign of b.
std::int64_t floor_mod(std::int64_t a, std::int64_t b) {
  if (b == 0) fail_zero();
  if (b == -1) return 0;
  const std::int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

double float_mod(double a, double b) {
  if (b == 0) fail_zero();
  const double rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(0.0, b);
  return (rest < 0) != (b < 0) ? rest + b : rest;
}

double float_floor_div(double a, double b) {
  if (b == 0) fail_zero();
  if (std::isinf(a)) return std::numeric_limits<double>::quiet_NaN();
  // Through the remainder: floor(a / b) is off where a / b rounds up to an integer.
  const double quotient = (a - float_mod(a, b)) / b;
  if (quotient == 0) return std::copysign(0.0, a / b);
  const double whole = std::floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

Val int_pow(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) {
    if (base == 0) fail_zero();
    return std::pow(static_cast<double>(base), static_cast<double>(exponent));
  }
  std::int64_t result = 1;
  std::int64_t square = base;
  while (true) {
    if ((exponent & 1) != 0) result = checked_mul(result, square);
    exponent >>= 1;
    if (exponent == 0) return result;
    square = checked_mul(square, square);
  }
}

Val float_pow(double base, double exponent) {
  if (base == 0 && exponent < 0) fail_zero();
  const double result = std::pow(base, exponent);
  if (std::isnan(result) && !std::isnan(base) && !std::isnan(exponent)) {
    fail("a negative number to a fractional power is not real");
  }
  if (std::isinf(result) && std::isfinite(base) && std::isfinite(exponent)) {
    fail("the result of '**' is too large");
  }
  return result;
}

Val int_arithmetic(BinaryOp op, std::int64_t a, std::int64_t b) {
  switch (op) {
    case BinaryOp::add:
      return checked_add(a, b);
    case BinaryOp::sub:
      return checked_sub(a, b);
    case BinaryOp::mul:
      return checked_mul(a, b);
    case BinaryOp::div:
      if (b == 0) fail_zero();
      // The wider type rounds once where the operands have more digits than a double.
      return static_cast<double>(static_cast<long double>(a) / static_cast<long double>(b));
    case BinaryOp::floordiv:
      return floor_div(a, b);
    case BinaryOp::mod:
      return floor_mod(a, b);
    default:
      return int_pow(a, b);
  }
}

Val float_arithmetic(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::add:
      return a + b;
    case BinaryOp::sub:
      return a - b;
    case BinaryOp::mul:
      return a * b;
    case BinaryOp::div:
      if (b == 0) fail_zero();
      return a / b;
    case BinaryOp::floordiv:
      return float_floor_div(a, b);
    case BinaryOp::mod:
      return float_mod(a, b);
    default:
      return float_pow(a, b);
  }
}

bool is_tuple(SeqKind kind) { return kind == SeqKind::tuple || kind == SeqKind::group; }

Val add_seqs(Budget& budget, const Val& a, const Val& b) {
  const Seq& x = *a.seq();
  const Seq& y = *b.seq();
  const bool lists = x.kind == SeqKind::list && y.kind == SeqKind::list;
  if (!lists && !(is_tuple(x.kind) && is_tuple(y.kind))) fail_operands(BinaryOp::add, a, b);
  budget.spend_items(x.items.size() + y.items.size());
  std::vector<Val> items = x.items;
  items.insert(items.end(), y.items.begin(), y.items.end());
  return make_seq(budget, lists ? SeqKind::list : SeqKind::tuple, std::move(items));
}

Val repeat_seq(Budget& budget, const Val& a, const Val& b, std::int64_t times) {
  const Seq& seq = *a.seq();
  if (seq.kind != SeqKind::list && !is_tuple(seq.kind)) fail_operands(BinaryOp::mul, a, b);
  if (times <= 0 || seq.items.empty()) return make_seq(budget, seq.kind, {});
  const auto count = static_cast<std::size_t>(times);
  // Also keeps the product below from overflowing.
  budget.check_size(count);
  budget.check_size(count * seq.items.size());
  budget.spend_items(count * seq.items.size());
  std::vector<Val> items;
  items.reserve(count * seq.items.size());
  for (std::size_t i = 0; i < count; ++i) {
    items.insert(items.end(), seq.items.begin(), seq.items.end());
  }
  return make_seq(budget, seq.kind == SeqKind::list ? SeqKind::list : SeqKind::tuple,
                  std::move(items));
}

Val repeat_any(Budget& budget, const Val& a, const Val& b) {
  const std::optional<std::int64_t> times = as_integer(b);
  if (a.text() != nullptr && times) return make_text(repeat(budget, *a.text(), *times));
  if (a.seq() != nullptr && times) return repeat_seq(budget, a, b, *times);
  fail_operands(BinaryOp::mul, a, b);
}

}  // namespace

std::int64_t checked_add(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_add_overflow(a, b, &result)) fail_overflow();
  return result;
}

std::int64_t checked_mul(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) fail_overflow();
  return result;
}

Val arithmetic(Budget& budget, BinaryOp op, const Val& a, const Val& b) {
  const std::optional<std::int64_t> x = as_integer(a);
  const std::optional<std::int64_t> y = as_integer(b);
  if (x && y) return int_arithmetic(op, *x, *y);
  const std::optional<double> xf = as_float(a);
  const std::optional<double> yf = as_float(b);
  if (xf && yf) return float_arithmetic(op, *xf, *yf);
  if (op == BinaryOp::mod && a.text() != nullptr) {
    return make_text(
        format_percent(budget, *a.text(), b));  // an undefined value is formatted as ""
  }
  require_defined(a, b);
  if (op == BinaryOp::add && a.text() != nullptr && b.text() != nullptr) {
    return concat(budget, *a.get<TextRef>(), *b.get<TextRef>());
  }
  if (op == BinaryOp::add && a.seq() != nullptr && b.seq() != nullptr)
    return add_seqs(budget, a, b);
  if (op == BinaryOp::mul) return x ? repeat_any(budget, b, a) : repeat_any(budget, a, b);
  fail_operands(op, a, b);
}

Val negate(const Val& value) {
  if (const std::optional<std::int64_t> number = as_integer(value)) return checked_sub(0, *number);
  if (const double* number = value.get<double>()) return -*number;
  if (value.is<Undefined>()) fail_undefined(value);
  fail("'-' is not supported for '" + std::string(type_name(value)) + "'");
}

Val posate(const Val& value) {
  if (const std::optional<std::int64_t> number = as_integer(value)) return *number;
  if (value.is<double>()) return value;
  if (value.is<Undefined>()) fail_undefined(value);
  fail("'+' is not supported for '" + std::string(type_name(value)) + "'");
}

std::optional<std::int64_t> as_integer(const Val& value) {
  if (const bool* flag = value.get<bool>()) return *flag ? 1 : 0;
  if (const auto* number = value.get<std::int64_t>()) return *number;
  return std::nullopt;
}

std::optional<double> as_float(const Val& value) {
  if (const double* number = value.get<double>()) return *number;
  if (const std::optional<std::int64_t> number = as_integer(value)) {
    return static_cast<double>(*number);
  }
  return std::nullopt;
}

void fail_undefined(const Val& value) {
  const Undefined* undefined = value.get<Undefined>();
  fail(undefined != nullptr && undefined->why ? *undefined->why : "the value is undefined");
}

void require_defined(const Val& a, const Val& b) {
  if (a.is<Undefined>()) fail_undefined(a);
  if (b.is<Undefined>()) fail_undefined(b);
}

}  // namespace pincer::jinja
