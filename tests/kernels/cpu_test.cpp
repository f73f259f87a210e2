#include "pincer/kernels/cpu.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "kernels/cpu/choice.h"
#include "kernels/cpu/detect.h"

namespace pincer::kernels {
namespace {

constexpr std::array kX86 = {Isa::scalar, Isa::avx2,       Isa::avxvnni,
                             Isa::avx512, Isa::avx512vnni, Isa::amx};

// A CPU with AVX512-VNNI but neither AVX-VNNI nor AMX, like Zen 4.
bool zen4(Isa isa) { return isa != Isa::avxvnni && isa != Isa::amx; }
bool nothing_but_scalar(Isa isa) { return isa == Isa::scalar; }

TEST(ResolveIsa, TakesTheBestSupportedFamily) {
  const IsaChoice choice = detail::resolve_isa({}, kX86, zen4);
  EXPECT_EQ(choice.isa, Isa::avx512vnni);
  EXPECT_FALSE(choice.forced);
  EXPECT_EQ(choice.error, "");
  EXPECT_EQ(detail::resolve_isa({}, kX86, nothing_but_scalar).isa, Isa::scalar);
}

TEST(ResolveIsa, AnEmptyVariableIsNotSet) {
  const IsaChoice choice = detail::resolve_isa("", kX86, zen4);
  EXPECT_EQ(choice.isa, Isa::avx512vnni);
  EXPECT_FALSE(choice.forced);
}

TEST(ResolveIsa, ForcesASupportedFamily) {
  const IsaChoice choice = detail::resolve_isa("avx2", kX86, zen4);
  EXPECT_EQ(choice.isa, Isa::avx2);
  EXPECT_TRUE(choice.forced);
  EXPECT_EQ(choice.error, "");
}

TEST(ResolveIsa, NeverAsksAboutFamiliesAboveAForcedOne) {
  const IsaChoice choice = detail::resolve_isa("avx512", kX86, [](Isa isa) {
    if (isa == Isa::amx) ADD_FAILURE() << "asked for AMX, which costs a permission";
    return zen4(isa);
  });
  EXPECT_EQ(choice.isa, Isa::avx512);
}

TEST(ResolveIsa, AnUnknownNameListsWhatIsPossible) {
  const IsaChoice choice = detail::resolve_isa("avx1024", kX86, zen4);
  EXPECT_EQ(choice.isa, Isa::avx512vnni);
  EXPECT_FALSE(choice.forced);
  EXPECT_EQ(choice.error,
            "PINCER_FORCE_ISA=avx1024: unknown kernel family; possible here: scalar, avx2, avx512, "
            "avx512vnni");
}

TEST(ResolveIsa, AnUnsupportedNameIsAnError) {
  for (const char* name : {"amx", "avxvnni", "dotprod"}) {
    const IsaChoice choice = detail::resolve_isa(name, kX86, zen4);
    EXPECT_FALSE(choice.forced);
    EXPECT_EQ(choice.error, "PINCER_FORCE_ISA=" + std::string(name) +
                                ": this machine does not support it; possible here: scalar, avx2, "
                                "avx512, avx512vnni");
  }
}

TEST(Isa, NamesParseBack) {
  for (int value = 0; value <= static_cast<int>(Isa::sme2); ++value) {
    const Isa isa = static_cast<Isa>(value);
    EXPECT_EQ(parse_isa(isa_name(isa)), isa) << isa_name(isa);
  }
  EXPECT_EQ(parse_isa("AVX2"), std::nullopt);
  EXPECT_EQ(parse_isa(""), std::nullopt);
}

TEST(Isa, FamiliesOfThisArchitectureAscendFromScalar) {
  const std::vector<Isa> known = known_isas();
  ASSERT_FALSE(known.empty());
  EXPECT_EQ(known.front(), Isa::scalar);
  EXPECT_TRUE(std::ranges::is_sorted(known));
  EXPECT_TRUE(cpu_supports(Isa::scalar));
}

TEST(Isa, FamiliesOfOtherArchitecturesAreNotSupported) {
  const std::vector<Isa> known = known_isas();
  for (int value = 0; value <= static_cast<int>(Isa::sme2); ++value) {
    const Isa isa = static_cast<Isa>(value);
    if (std::ranges::find(known, isa) == known.end()) {
      EXPECT_FALSE(cpu_supports(isa)) << isa_name(isa);
      EXPECT_FALSE(isa_allowed(isa, Isa::sme2)) << isa_name(isa);
    }
  }
}

TEST(Isa, TheLimitIsInclusive) {
  EXPECT_TRUE(isa_allowed(Isa::scalar, Isa::scalar));
  for (const Isa isa : known_isas()) {
    EXPECT_EQ(isa_allowed(isa, isa), cpu_supports(isa)) << isa_name(isa);
    if (isa != Isa::scalar) {
      EXPECT_FALSE(isa_allowed(isa, Isa::scalar)) << isa_name(isa);
    }
  }
}

TEST(ResolveIsa, PassesOverWhatIsNotPreferredUnlessAskedFor) {
  const auto not_vnni = [](Isa isa) { return zen4(isa) && isa != Isa::avx512vnni; };
  EXPECT_EQ(detail::resolve_isa({}, kX86, zen4, not_vnni).isa, Isa::avx512);
  EXPECT_EQ(detail::resolve_isa("nonsense", kX86, zen4, not_vnni).isa, Isa::avx512);
  EXPECT_EQ(detail::resolve_isa("avx512vnni", kX86, zen4, not_vnni).isa, Isa::avx512vnni);
}

TEST(Isa, ShortVectorsOfSveAreLeftToNeon) {
  const bool are_short = detail::sve_vector_bytes() == 16;
  for (const auto& [sve, neon] : {std::pair{Isa::sve, Isa::dotprod}, {Isa::sve_i8mm, Isa::i8mm}}) {
    if (!cpu_supports(sve)) continue;
    EXPECT_EQ(isa_allowed(sve, Isa::sme2), !(are_short && cpu_supports(neon)));
    EXPECT_TRUE(isa_allowed(sve, sve)) << "somebody asked for it";
  }
}

TEST(Isa, TheDescriptionNamesTheFeatures) {
  const std::string text = cpu_description();
  EXPECT_NE(text.find('('), std::string::npos) << text;
  if (cpu_supports(Isa::avx2)) {
    EXPECT_NE(text.find("avx2"), std::string::npos) << text;
  }
  if (cpu_supports(Isa::dotprod)) {
    EXPECT_NE(text.find("asimddp"), std::string::npos) << text;
  }
}

bool can_start_itself() {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  return std::system(("'" + self + "' --gtest_list_tests > /dev/null 2>&1").c_str()) == 0;
}

// The variable is read once per process, so this needs new ones: "threadsafe" runs the statement in
// a fresh start of the test.
TEST(IsaChoiceDeathTest, ReadsTheEnvironment) {
  if (!can_start_itself()) GTEST_SKIP() << "an emulator that cannot start emulated programs";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto exit_code = [](const char* value) {
    setenv("PINCER_FORCE_ISA", value, 1);
    const IsaChoice& choice = isa_choice();
    if (!choice.error.empty()) std::exit(3);
    std::exit(choice.forced && choice.isa == Isa::scalar ? 4 : 5);
  };
  EXPECT_EXIT(exit_code("scalar"), testing::ExitedWithCode(4), "");
  EXPECT_EXIT(exit_code("nonsense"), testing::ExitedWithCode(3), "");
}

}  // namespace
}  // namespace pincer::kernels
