#pragma once
// Precompiled for the tests of the server; see third_party/cmake/precompiled.cmake.
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <thread>

#include "third_party/precompiled/server.h"
