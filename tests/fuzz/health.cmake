foreach(reader http grpc)
  waypost_fuzz(health_${reader}_fuzz SOURCES ${CMAKE_CURRENT_LIST_DIR}/health_${reader}_fuzz.cc
               SEES model telemetry store view registry health
               CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/health_${reader})
endforeach()
