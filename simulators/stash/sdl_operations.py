"""The part of Stash's GraphQL schema that is simulated: filters, queries and mutations."""

FILTER_INPUTS = """
input FindFilterType {
  q: String page: Int per_page: Int sort: String direction: SortDirectionEnum
}
input StringCriterionInput { value: String! modifier: CriterionModifier! }
input IntCriterionInput { value: Int! value2: Int modifier: CriterionModifier! }
input DateCriterionInput { value: String! value2: String modifier: CriterionModifier! }
input TimestampCriterionInput { value: String! value2: String modifier: CriterionModifier! }
input MultiCriterionInput { value: [ID!] modifier: CriterionModifier! excludes: [ID!] }
input HierarchicalMultiCriterionInput {
  value: [ID!] modifier: CriterionModifier! depth: Int excludes: [ID!]
}
input PhashDistanceCriterionInput { value: String! modifier: CriterionModifier! distance: Int }
input StashIDCriterionInput { endpoint: String stash_id: String modifier: CriterionModifier! }

input SceneFilterType {
  AND: SceneFilterType
  OR: SceneFilterType
  NOT: SceneFilterType
  id: IntCriterionInput
  title: StringCriterionInput
  code: StringCriterionInput
  details: StringCriterionInput
  director: StringCriterionInput
  path: StringCriterionInput
  oshash: StringCriterionInput
  checksum: StringCriterionInput
  phash_distance: PhashDistanceCriterionInput
  url: StringCriterionInput
  file_count: IntCriterionInput
  duration: IntCriterionInput
  rating100: IntCriterionInput
  o_counter: IntCriterionInput
  organized: Boolean
  has_markers: String
  is_missing: String
  tag_count: IntCriterionInput
  performer_count: IntCriterionInput
  performer_favorite: Boolean
  performer_tags: HierarchicalMultiCriterionInput
  movies: MultiCriterionInput @deprecated(reason: "use groups instead")
  stash_id: StringCriterionInput @deprecated(reason: "Use stash_id_endpoint instead")
  resume_time: IntCriterionInput
  play_duration: IntCriterionInput
  performers_filter: PerformerFilterType
  studios_filter: StudioFilterType
  tags_filter: TagFilterType
  groups_filter: GroupFilterType
  studios: HierarchicalMultiCriterionInput
  groups: HierarchicalMultiCriterionInput
  tags: HierarchicalMultiCriterionInput
  performers: MultiCriterionInput
  stash_id_endpoint: StashIDCriterionInput
  play_count: IntCriterionInput
  last_played_at: TimestampCriterionInput
  date: DateCriterionInput
  created_at: TimestampCriterionInput
  updated_at: TimestampCriterionInput
}
input PerformerFilterType {
  name: StringCriterionInput
  created_at: TimestampCriterionInput
  updated_at: TimestampCriterionInput
}
input StudioFilterType {
  name: StringCriterionInput
  created_at: TimestampCriterionInput
  updated_at: TimestampCriterionInput
}
input TagFilterType {
  name: StringCriterionInput
  created_at: TimestampCriterionInput
  updated_at: TimestampCriterionInput
}
input GroupFilterType {
  name: StringCriterionInput
  created_at: TimestampCriterionInput
  updated_at: TimestampCriterionInput
}
"""

OPERATIONS = """
type Query {
  findScene(id: ID, checksum: String): Scene
  findScenes(
    scene_filter: SceneFilterType
    scene_ids: [Int!] @deprecated(reason: "use ids")
    ids: [ID!]
    filter: FindFilterType
  ): FindScenesResultType!
  findPerformer(id: ID!): Performer
  findPerformers(
    performer_filter: PerformerFilterType
    filter: FindFilterType
    performer_ids: [Int!] @deprecated(reason: "use ids")
    ids: [ID!]
  ): FindPerformersResultType!
  findStudio(id: ID!): Studio
  findStudios(
    studio_filter: StudioFilterType filter: FindFilterType ids: [ID!]
  ): FindStudiosResultType!
  findTag(id: ID!): Tag
  findTags(tag_filter: TagFilterType filter: FindFilterType ids: [ID!]): FindTagsResultType!
  findGroup(id: ID!): Group
  findGroups(
    group_filter: GroupFilterType filter: FindFilterType ids: [ID!]
  ): FindGroupsResultType!
  stats: StatsResultType!
  logs: [LogEntry!]!
  plugins: [Plugin!]
  pluginTasks: [PluginTask!]
  configuration: ConfigResult!
  systemStatus: SystemStatus!
  jobQueue: [Job!]
  findJob(input: FindJobInput!): Job
  version: Version!
}

type Mutation {
  sceneCreate(input: SceneCreateInput!): Scene
  sceneUpdate(input: SceneUpdateInput!): Scene
  sceneMerge(input: SceneMergeInput!): Scene
  bulkSceneUpdate(input: BulkSceneUpdateInput!): [Scene!]
  sceneDestroy(input: SceneDestroyInput!): Boolean!
  scenesDestroy(input: ScenesDestroyInput!): Boolean!
  scenesUpdate(input: [SceneUpdateInput!]!): [Scene]
  sceneAddO(id: ID!, times: [Timestamp!]): HistoryMutationResult!
  sceneAddPlay(id: ID!, times: [Timestamp!]): HistoryMutationResult!
  sceneSaveActivity(id: ID!, resume_time: Float, playDuration: Float): Boolean!
  sceneGenerateScreenshot(id: ID!, at: Float): String!
  sceneMarkerCreate(input: SceneMarkerCreateInput!): SceneMarker
  sceneMarkerUpdate(input: SceneMarkerUpdateInput!): SceneMarker
  sceneMarkerDestroy(id: ID!): Boolean!
  sceneMarkersDestroy(ids: [ID!]!): Boolean!
  sceneAssignFile(input: AssignSceneFileInput!): Boolean!
  deleteFiles(ids: [ID!]!): Boolean!
  moveFiles(input: MoveFilesInput!): Boolean!

  performerCreate(input: PerformerCreateInput!): Performer
  performerUpdate(input: PerformerUpdateInput!): Performer
  performerDestroy(input: PerformerDestroyInput!): Boolean!
  performersDestroy(ids: [ID!]!): Boolean!
  bulkPerformerUpdate(input: BulkPerformerUpdateInput!): [Performer!]
  performerMerge(input: PerformerMergeInput!): Performer!

  studioCreate(input: StudioCreateInput!): Studio
  studioUpdate(input: StudioUpdateInput!): Studio
  studioDestroy(input: StudioDestroyInput!): Boolean!
  studiosDestroy(ids: [ID!]!): Boolean!
  bulkStudioUpdate(input: BulkStudioUpdateInput!): [Studio!]

  tagCreate(input: TagCreateInput!): Tag
  tagUpdate(input: TagUpdateInput!): Tag
  tagDestroy(input: TagDestroyInput!): Boolean!
  tagsDestroy(ids: [ID!]!): Boolean!
  tagsMerge(input: TagsMergeInput!): Tag
  bulkTagUpdate(input: BulkTagUpdateInput!): [Tag!]

  groupCreate(input: GroupCreateInput!): Group
  groupUpdate(input: GroupUpdateInput!): Group
  groupDestroy(input: GroupDestroyInput!): Boolean!
  groupsDestroy(ids: [ID!]!): Boolean!
  bulkGroupUpdate(input: BulkGroupUpdateInput!): [Group!]

  movieUpdate(input: MovieUpdateInput!): Group @deprecated(reason: "Use groupUpdate instead")

  configurePlugin(plugin_id: ID!, input: Map!): Map!
  optimiseDatabase: ID!
  setPluginsEnabled(enabledMap: BoolMap!): Boolean!
  runPluginTask(
    plugin_id: ID!
    task_name: String
    description: String
    args: [PluginArgInput!] @deprecated(reason: "Use args_map instead")
    args_map: Map
  ): ID!
  runPluginOperation(plugin_id: ID!, args: Map): Any
  reloadPlugins: Boolean!
  stopJob(job_id: ID!): Boolean!
  stopAllJobs: Boolean!
}
"""
