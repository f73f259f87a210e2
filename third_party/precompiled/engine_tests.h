#pragma once
// Precompiled for the tests of the engine; see third_party/cmake/precompiled.cmake.
#include "third_party/precompiled/engine.h"

#include <fstream>
#include <random>
#include <thread>

#include <boost/json.hpp>
#include <gtest/gtest.h>
