"""The part of Stash's GraphQL schema that is simulated: inputs, queries and mutations.

Field order of the update inputs is that of Stash's Go structs, because hooks get them as JSON.
"""

_SCENE_FIELDS = """
  title: String
  code: String
  details: String
  director: String
  url: String @deprecated(reason: "Use urls")
  urls: [String!]
  date: String
  rating100: Int
  organized: Boolean
  studio_id: ID
  gallery_ids: [ID!]
  performer_ids: [ID!]
  groups: [SceneGroupInput!]
  movies: [SceneMovieInput!] @deprecated(reason: "Use groups")
  tag_ids: [ID!]
  cover_image: String
  stash_ids: [StashIDInput!]
"""

_PERFORMER_DATA = """
  disambiguation: String
  url: String @deprecated(reason: "Use urls")
  gender: GenderEnum
  birthdate: String
  ethnicity: String
  country: String
  eye_color: String
  height_cm: Int
  measurements: String
  career_length: String
  tattoos: String
  piercings: String
  favorite: Boolean
  rating100: Int
  details: String
  death_date: String
  hair_color: String
  weight: Int
  ignore_auto_tag: Boolean
"""

_PERFORMER_LISTS = """
  urls: [String!]
  alias_list: [String!]
  tag_ids: [ID!]
  image: String
  stash_ids: [StashIDInput!]
"""

_STUDIO_FIELDS = """
  url: String @deprecated(reason: "Use urls")
  urls: [String!]
  parent_id: ID
  image: String
  stash_ids: [StashIDInput!]
  rating100: Int
  favorite: Boolean
  details: String
  aliases: [String!]
  tag_ids: [ID!]
  ignore_auto_tag: Boolean
"""

_TAG_FIELDS = """
  sort_name: String
  description: String
  aliases: [String!]
  ignore_auto_tag: Boolean
  favorite: Boolean
  image: String
  stash_ids: [StashIDInput!]
  parent_ids: [ID!]
  child_ids: [ID!]
"""

_GROUP_FIELDS = """
  aliases: String
  duration: Int
  date: String
  rating100: Int
  studio_id: ID
  director: String
  synopsis: String
  urls: [String!]
  tag_ids: [ID!]
  containing_groups: [GroupDescriptionInput!]
  front_image: String
  back_image: String
"""

CHANGE_INPUTS = f"""
input StashIDInput {{ endpoint: String! stash_id: String! updated_at: Time }}
input SceneGroupInput {{ group_id: ID! scene_index: Int }}
input SceneMovieInput {{ movie_id: ID! scene_index: Int }}
input GroupDescriptionInput {{ group_id: ID! description: String }}
input BulkUpdateIds {{ ids: [ID!] mode: BulkUpdateIdMode! }}
input BulkUpdateStrings {{ values: [String!] mode: BulkUpdateIdMode! }}
input CustomFieldsInput {{ full: Map partial: Map remove: [String!] }}

input SceneCreateInput {{ {_SCENE_FIELDS} file_ids: [ID!] }}
input SceneUpdateInput {{
  clientMutationId: String
  id: ID!
  {_SCENE_FIELDS}
  o_counter: Int @deprecated(reason: "Unsupported")
  resume_time: Float
  play_duration: Float
  play_count: Int @deprecated(reason: "Unsupported")
  primary_file_id: ID
}}
input BulkSceneUpdateInput {{
  clientMutationId: String
  ids: [ID!]
  title: String
  code: String
  details: String
  director: String
  url: String @deprecated(reason: "Use urls")
  urls: BulkUpdateStrings
  date: String
  rating100: Int
  organized: Boolean
  studio_id: ID
  gallery_ids: BulkUpdateIds
  performer_ids: BulkUpdateIds
  tag_ids: BulkUpdateIds
  group_ids: BulkUpdateIds
  movie_ids: BulkUpdateIds @deprecated(reason: "Use group_ids")
}}
input SceneDestroyInput {{ id: ID! delete_file: Boolean delete_generated: Boolean }}
input ScenesDestroyInput {{ ids: [ID!]! delete_file: Boolean delete_generated: Boolean }}
input AssignSceneFileInput {{ scene_id: ID! file_id: ID! }}
input SceneMergeInput {{
  source: [ID!]!
  destination: ID!
  values: SceneUpdateInput
  play_history: Boolean
  o_history: Boolean
}}
input SceneMarkerCreateInput {{
  title: String! seconds: Float! end_seconds: Float scene_id: ID! primary_tag_id: ID! tag_ids: [ID!]
}}
input SceneMarkerUpdateInput {{
  id: ID! title: String seconds: Float end_seconds: Float scene_id: ID primary_tag_id: ID
  tag_ids: [ID!]
}}

input PerformerCreateInput {{
  name: String! {_PERFORMER_DATA} {_PERFORMER_LISTS} custom_fields: Map
}}
input PerformerUpdateInput {{
  id: ID! name: String {_PERFORMER_DATA} {_PERFORMER_LISTS} custom_fields: CustomFieldsInput
}}
input BulkPerformerUpdateInput {{
  clientMutationId: String
  ids: [ID!]
  {_PERFORMER_DATA}
  urls: BulkUpdateStrings
  alias_list: BulkUpdateStrings
  tag_ids: BulkUpdateIds
  custom_fields: CustomFieldsInput
}}
input PerformerDestroyInput {{ id: ID! }}
input PerformerMergeInput {{ source: [ID!]! destination: ID! values: PerformerUpdateInput }}

input StudioCreateInput {{ name: String! {_STUDIO_FIELDS} }}
input StudioUpdateInput {{ id: ID! name: String {_STUDIO_FIELDS} }}
input BulkStudioUpdateInput {{
  ids: [ID!]!
  url: String @deprecated(reason: "Use urls")
  urls: BulkUpdateStrings
  parent_id: ID
  rating100: Int
  favorite: Boolean
  details: String
  tag_ids: BulkUpdateIds
  ignore_auto_tag: Boolean
}}
input StudioDestroyInput {{ id: ID! }}

input TagCreateInput {{ name: String! {_TAG_FIELDS} }}
input TagUpdateInput {{ id: ID! name: String {_TAG_FIELDS} }}
input BulkTagUpdateInput {{
  ids: [ID!]
  description: String
  aliases: BulkUpdateStrings
  ignore_auto_tag: Boolean
  favorite: Boolean
  parent_ids: BulkUpdateIds
  child_ids: BulkUpdateIds
}}
input TagDestroyInput {{ id: ID! }}
input TagsMergeInput {{ source: [ID!]! destination: ID! }}

input GroupCreateInput {{ name: String! {_GROUP_FIELDS} }}
input GroupUpdateInput {{ id: ID! name: String {_GROUP_FIELDS} }}
input BulkGroupUpdateInput {{
  clientMutationId: String
  ids: [ID!]
  rating100: Int
  studio_id: ID
  director: String
  urls: BulkUpdateStrings
  tag_ids: BulkUpdateIds
}}
input GroupDestroyInput {{ id: ID! }}

input PluginArgInput {{ key: String! value: PluginValueInput }}
input PluginValueInput {{
  str: String i: Int b: Boolean f: Float o: [PluginArgInput!] a: [PluginValueInput!]
}}
input FindJobInput {{ id: ID! }}
"""

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
  file_count: IntCriterionInput
  rating100: IntCriterionInput
  organized: Boolean
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

  configurePlugin(plugin_id: ID!, input: Map!): Map!
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
