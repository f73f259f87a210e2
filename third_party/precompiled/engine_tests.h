#pragma once
// Precompiled for the tests of the engine; see third_party/cmake/precompiled.cmake.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <random>
#include <thread>

#include "third_party/precompiled/engine.h"
