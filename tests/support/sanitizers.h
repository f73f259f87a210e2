// Whether this build has a sanitizer: gcc and clang say it differently.
#pragma once

namespace pincer::test {

#if defined(__has_feature)
#define PINCER_HAS_FEATURE(feature) __has_feature(feature)
#else
#define PINCER_HAS_FEATURE(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || PINCER_HAS_FEATURE(address_sanitizer)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

#if defined(__SANITIZE_THREAD__) || PINCER_HAS_FEATURE(thread_sanitizer)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

#undef PINCER_HAS_FEATURE

}  // namespace pincer::test
